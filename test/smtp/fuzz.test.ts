/** Sessions of nonsense from a seed: each ends, answers in well-formed lines, and leaves the server to everybody else. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startListener, type TestListener } from "../support/smtp-listener.ts";
import { Wire } from "./wire.ts";

const SEED = 0x5eed;
const SESSIONS = 160;
/** Sessions at once; each waits a moment for its greeting. */
const LANES = 20;
const MAX_PIECES = 25;
const LIMIT = 3000;

/** Commands, halves of commands, data and endings; the fuzz strings them together and breaks them. */
const corpus = [
  "EHLO client.test",
  "HELO client.test",
  "EHLO [127.0.0.1]",
  "MAIL FROM:<>",
  "MAIL FROM:<a@outside.test>",
  "MAIL FROM:<a@outside.test> SIZE=10 BODY=8BITMIME SMTPUTF8",
  "MAIL FROM:<a@outside.test> __proto__=1 constructor=2 SIZE=",
  "RCPT TO:<desk@rookery.test>",
  "RCPT TO:<sales+tag@rookery.test>",
  "RCPT TO:<nobody@rookery.test>",
  "RCPT TO:<desk@[127.0.0.1]>",
  "RCPT TO:<@a,@b:desk@rookery.test>",
  "RCPT TO:<desk@xn--a.xn--999999999.test>",
  "DATA",
  "DATA",
  "Subject: x\r\n\r\n.",
  "..",
  ".",
  "\n.\n",
  "\r.\r",
  "RSET",
  "NOOP",
  "VRFY desk",
  "HELP",
  "QUIT",
  "STARTTLS",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "AUTH LOGIN",
  "BDAT 5 LAST",
  "XCLIENT NAME=x",
  "GET / HTTP/1.1",
  "\0\0",
  "\xff\xfe",
  "toString",
  "__proto__",
  "x".repeat(600),
  "y".repeat(5000),
];

const opening = ["EHLO client.test", "MAIL FROM:<a@outside.test>", "RCPT TO:<desk@rookery.test>", "DATA"];

/** mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function mutate(text: string, random: (below: number) => number): string {
  const at = random(text.length + 1);
  const kinds = [
    () => text,
    () => text,
    () => text,
    () => text.slice(0, at),
    () => text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at),
    () => text.slice(0, at) + text.slice(at + 1),
    () => text + text,
    () => text.toLowerCase(),
  ];
  return (kinds[random(kinds.length)] ?? (() => text))();
}

function nonsense(seed: number): { bytes: Buffer; size: number } {
  const random = randomFrom(seed);
  const endings = ["\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r", ""];
  const pieces = Array.from({ length: 1 + random(MAX_PIECES) }, () => {
    const piece = mutate(corpus[random(corpus.length)] ?? "", random);
    return piece + (endings[random(endings.length)] ?? "");
  });
  // Most begin well and go wrong later, or few would come as far as DATA.
  pieces.unshift(...opening.slice(0, random(opening.length + 1)).map((line) => `${line}\r\n`));
  const size = [1, 3, 17, 1000, 100_000][random(5)] ?? 1;
  return { bytes: Buffer.from(pieces.join(""), "latin1"), size };
}

let listener: TestListener;
beforeAll(async () => {
  listener = await startListener({ maxMessageBytes: LIMIT, maxPerNetwork: 2 * LANES });
});
afterAll(async () => listener.stop());

/** Plays one session to its end; every line that came back. */
async function fuzz(seed: number): Promise<string[]> {
  const { bytes, size } = nonsense(seed);
  const wire = await Wire.open(listener.port);
  const lines = [(await wire.line()) ?? ""];
  await wire.send(bytes, size);
  // Ends the line, the message if it is in one, and then the session.
  await wire.send(Buffer.from("\r\n.\r\nQUIT\r\n"), 1000);
  for (let line = await wire.line(); line !== null; line = await wire.line()) {
    lines.push(line);
    // From here the server waits for a handshake, for as long as a session may say nothing.
    if (line.includes("start TLS")) wire.end();
  }
  wire.close();
  return lines;
}

/** A whole mail on a session that lives through it all. */
async function probe(wire: Wire): Promise<string | null> {
  await wire.send(
    Buffer.from("MAIL FROM:<probe@outside.test>\r\nRCPT TO:<desk@rookery.test>\r\nDATA\r\nx\r\n.\r\n"),
    1000,
  );
  for (let index = 0; index < 3; index++) await wire.line();
  return wire.line();
}

test(`${SESSIONS} sessions from seed ${SEED} end, are answered in clean lines, and a neighbour's mail is taken after each`, async () => {
  const neighbour = await Wire.open(listener.port);
  await neighbour.line();
  await neighbour.send(Buffer.from("HELO neighbour.test\r\n"), 1000);
  await neighbour.line();
  let probing: Promise<unknown> = Promise.resolve();
  let probes = 0;
  const seen = new Set<string>();
  const lane = async (first: number): Promise<void> => {
    for (let index = first; index < SESSIONS; index += LANES) {
      const seed = SEED + index;
      for (const line of await fuzz(seed)) {
        // Printable, and the code that it starts with is one of a reply: nothing of the client's got in between.
        expect(line, `seed ${seed}`).toMatch(/^[2345][0-5]\d[ -][\x20-\x7e]*$/);
        seen.add(line.slice(0, 3));
      }
      probing = probing.then(async () => {
        expect(await probe(neighbour), `after seed ${seed}`).toMatch(/^250 2\.0\.0 Ok/);
        probes++;
      });
      await probing;
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, first) => lane(first)));
  neighbour.close();
  expect(probes).toBe(SESSIONS);
  // The nonsense is good enough to get everywhere.
  for (const code of ["220", "221", "250", "354", "421", "500", "501", "503", "550", "552"])
    expect(seen).toContain(code);
  const fuzzed = listener.stored.filter(({ from }) => from !== "probe@outside.test");
  expect(fuzzed.length).toBeGreaterThan(0);
  for (const { raw, inboxes } of fuzzed) {
    expect(raw.length).toBeLessThanOrEqual(LIMIT);
    for (const name of inboxes) expect(["desk@rookery.test", "sales@rookery.test"]).toContain(name);
  }
  expect(listener.errors).toEqual([]);
});
