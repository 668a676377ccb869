/**
 * CPU time for a kilobyte of mail, over sizes: in a row that grows with the size, something is not linear.
 * `node bench/mail-growth.ts [name...]`.
 */
import { parseMail } from "../src/protocols/mime/parse.ts";

const KILOBYTE = 1024;
const sizes = [16, 64, 256, 1024, 4096].map((kilobytes) => kilobytes * KILOBYTE);
/** CPU time of one figure, milliseconds: short runs are repeated until they take so long. */
const MIN_RUN_MS = 60;
/** Largest to smallest figure of a row from which on it is marked. Sizes beyond the caches cost up to twice as much. */
const SUSPECT_RATIO = 6;

const filled = (unit: string, bytes: number): string => unit.repeat(Math.ceil(bytes / unit.length));
const body =
  (head: string, unit: string, end = "") =>
  (bytes: number) =>
    `${head}\r\n\r\n${filled(unit, bytes)}${end}`;
const field =
  (name: string, unit: string, end = "") =>
  (bytes: number) =>
    `${name}: ${filled(unit, bytes)}${end}\r\n\r\nText`;
const base64 = "Content-Transfer-Encoding: base64";
const mixed = "Content-Type: multipart/mixed; boundary=b";

/** What each part of the reader repeats, ordinary and made to cost. */
const shapes: Readonly<Record<string, (bytes: number) => string>> = {
  text: body("Subject: x", "The quick brown fox jumps over the lazy dog.\r\n"),
  "text of latin1, no charset": body("Subject: x", "Gr\xfc\xdfe aus K\xf6ln\r\n"),
  "quoted-printable": body("Content-Transfer-Encoding: quoted-printable", "Gr=FC=DFe aus K=F6ln =\r\n"),
  base64: body(base64, `${"QUJD".repeat(19)}\r\n`),
  "base64 with junk": body(base64, `${"QUJD".repeat(18)} !\r\n`),
  "base64, one damaged line": body(base64, "QUJD!"),
  "base64 padded": body(base64, "QUI=\r\n\r\n"),
  "base64 that is text": body(base64, "Hello, the door is open.\r\n"),
  uuencode: body("Content-Transfer-Encoding: x-uuencode", "#0V%T\r\n", "end\r\n"),
  "uuencode in text": body("Subject: x", "begin 644 a\r\n#0V%T\r\nend\r\n"),
  "uuencode never ended": body("Subject: x", "begin 644 a\r\n#0V%T\r\n"),
  "uuencode that is none": body("Subject: x", "begin 644 a\r\n\x7f\r\n"),
  parts: body(mixed, "--b\r\nContent-Type: text/plain; name=a\r\n\r\nx\r\n"),
  "parts without an empty line": body(mixed, "--b\r\nContent-Type: text/plain\r\nx\r\n"),
  "multiparts without their boundary": body(
    mixed,
    "--b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--y\r\n",
  ),
  "nearly delimiters": body(mixed, "--bb\r\n"),
  "dashed lines": body("Content-Type: multipart/mixed; boundary=x", "--bb\r\n"),
  "junk lines in a header": (bytes) => `Subject: x\r\n${filled("junk\r\nX-A: b\r\n", bytes)}\r\nText`,
  "junk and new fields": (bytes) =>
    `${Array.from({ length: bytes / 30 }, (_, index) => `junk\r\ncontent-${index}: x`).join("\r\n")}\r\n\r\nText`,
  "blank lines in a header": (bytes) => `Subject: x\r\n${filled(" \r\n", bytes)}Text`,
  "HTML without a charset": body("Content-Type: text/html", "<meta \xe4>"),
  "iso-2022-jp": body("Content-Type: text/plain; charset=iso-2022-jp", "\x1b$BF|K\\\x1b(B a\r\n"),
  "escapes alone": body("Content-Type: text/plain; charset=iso-2022-jp", "\x1b$B"),
  hz: body("Content-Type: text/plain; charset=hz", "~{Dc:C~} a"),
  "hz shifts alone": body("Content-Type: text/plain; charset=hz", "~{~}"),
  "utf-7": body("Content-Type: text/plain; charset=utf-7", "Gr+APwA3w-e "),
  cp949: body("Content-Type: text/plain; charset=euc-kr", "\xc7\xd1\xb1\xb9 a"),
  subject: field("Subject", "=?utf-8?q?=C3=BC?= "),
  "words never ended": field("Subject", "=?utf-8?q?a"),
  "raw words": field("Subject", "=?utf-8?q?\xfc?= "),
  addresses: field("To", "Ann <a@x.test>, "),
  "brackets never closed": field("To", "<a"),
  "brackets closed twice": field("To", ">", "x"),
  "comments never closed": field("To", "(a"),
  "quotes never closed": field("To", 'a"b<'),
  "quotes in brackets": field("To", '<"a<"b'),
  "dots and blanks": field("To", "a . "),
  references: field("References", "<a@x.test> "),
  parameters: field("Content-Type", "text/plain; name=a "),
  "colons in a type": field("Content-Type", ":"),
  "blanks in a type": field("Content-Type", "a   "),
  "quotes in parameters": field("Content-Disposition", 'attachment; filename="a"b'),
  date: field("Date", "20 Aug 2026 10:"),
};

function microsecondsFor(raw: Buffer): number {
  let runs = 0;
  const started = process.cpuUsage();
  for (;;) {
    parseMail(raw);
    runs++;
    const { user, system } = process.cpuUsage(started);
    if (user + system >= MIN_RUN_MS * 1000) return (user + system) / runs;
  }
}

const wanted = process.argv.slice(2);
console.log(
  `${"µs of CPU for a KB, of".padEnd(36)}${sizes.map((size) => `${size / KILOBYTE} KB`.padStart(10)).join("")}`,
);
for (const [name, make] of Object.entries(shapes)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const perKilobyte = sizes.map((size) => {
    const raw = Buffer.from(make(size), "latin1");
    return microsecondsFor(raw) / (raw.length / KILOBYTE);
  });
  const [first = 1] = perKilobyte;
  const isSuspect = Math.max(...perKilobyte.slice(-2)) > SUSPECT_RATIO * first;
  console.log(
    `${name.padEnd(36)}${perKilobyte.map((each) => each.toFixed(2).padStart(10)).join("")}${isSuspect ? "  grows" : ""}`,
  );
}
