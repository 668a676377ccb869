/**
 * What reading a mail that is not large takes of the event loop, in process and by the pool, which gives to a thread what takes long.
 * `node bench/mail-hold.ts [kilobytes...]`: CPU in milliseconds at the median of some reads, of this thread in process, of this thread by
 * the pool, and of the whole process by the pool. The first two are the most that other tenants wait; the last says what a thread costs.
 */
import { createMimePool } from "../src/mime-pool/mime-pool.ts";
import { inProcessCodec } from "../src/protocols/mime/index.ts";

const KILOBYTE = 1024;
const ROUNDS = 9;

const filled = (unit: string, bytes: number): string =>
  unit.repeat(Math.max(1, Math.floor(bytes / unit.length)));
const body =
  (type: string, unit: string, head = "") =>
  (bytes: number): string =>
    `Subject: Re: x\r\nIn-Reply-To: <a@x.test>\r\nContent-Type: ${type}\r\n\r\n${head}${filled(unit, bytes)}`;
const html = (unit: string, head = "") => body("text/html; charset=utf-8", unit, head);

/** Ordinary, and made to cost: of each kind what takes longest for its size. */
const shapes: Readonly<Record<string, (bytes: number) => string>> = {
  text: body("text/plain", "The quick brown fox jumps over the lazy dog.\r\n"),
  "HTML of paragraphs": html(
    '<p class="x">The quick brown fox jumps over the lazy dog, and more of it.</p>\r\n',
  ),
  newsletter: html(
    '<table width="600" style="border:0"><tr><td style="padding:10px" align="left"><a href="https://example.com/t?u=1&amp;c=a">Read more</a></td></tr></table>\r\n',
  ),
  "paragraphs of a letter": html("<p>a"),
  "line breaks": html("a<br>"),
  "list items": html("<li>a", "<ul>"),
  "preformatted lines": html("a\n", "<pre>"),
  rules: html("<hr>"),
  "nested elements": html("<b>"),
  "quotes side by side": html("<blockquote>a</blockquote>b"),
  "quotes in quotes": html("<blockquote>a"),
  attributes: html("<p a b c d e f g h>"),
  entities: html("&lt;"),
  "tags in quoted-printable": (bytes) =>
    html("=3Cp=3Ea")(bytes).replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"),
  "attributions in text": body("text/plain", "On 1 Jan 2026, Bob wrote:\n> a\nb\n"),
  "parts of text": body("multipart/mixed; boundary=b", "--b\r\n\r\nx\r\n"),
  "named parts": body("multipart/mixed; boundary=b", "--b\r\nContent-Type:a/b;name=a\r\n\r\nx\r\n"),
  "UTF-7": body("text/plain; charset=utf-7", "Gr+APwA3w-e "),
};

const given = process.argv.slice(2).map(Number);
const sizes = (given.length > 0 ? given : [5, 64, 128, 255]).map((kilobytes) => kilobytes * KILOBYTE);
const pool = createMimePool({ threads: 1, warn: (why, error) => console.error(why, error) });

const milliseconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;
const median = (of: readonly number[]): number =>
  of.toSorted((one, other) => one - other)[of.length >> 1] ?? 0;

async function measure(raw: Buffer): Promise<readonly number[]> {
  const [own, loop, whole]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.threadCpuUsage();
    await inProcessCodec.read(raw, "");
    own.push(milliseconds(process.threadCpuUsage(start)));
    const [thread, all] = [process.threadCpuUsage(), process.cpuUsage()];
    await pool.read(raw, "");
    loop.push(milliseconds(process.threadCpuUsage(thread)));
    whole.push(milliseconds(process.cpuUsage(all)));
  }
  return [own, loop, whole].map(median);
}

console.log(
  `${"ms of CPU, of".padEnd(28)}${sizes.map((size) => `${size / KILOBYTE} KB`.padStart(24)).join("")}`,
);
for (const [name, make] of Object.entries(shapes)) {
  let row = name.padEnd(28);
  for (const size of sizes)
    row += (await measure(Buffer.from(make(size), "latin1"))).map((ms) => ms.toFixed(1).padStart(8)).join("");
  console.log(row);
}
await pool.close();
