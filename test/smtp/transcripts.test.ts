/** Every dialogue of transcripts/ on a raw socket, as it is written and again in pieces of 1, 3 and 17 bytes. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startListener } from "../support/smtp-listener.ts";
import { readTranscript, type Step } from "./read-transcript.ts";
import { Wire } from "./wire.ts";

const folder = new URL("transcripts/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".txt"));
const WHOLE = Number.POSITIVE_INFINITY;

/** Sends consecutive lines in one write, checks the expected replies, and that there are no others. */
async function play(wire: Wire, steps: readonly Step[], size: number, certificate: string): Promise<void> {
  let pending: Buffer[] = [];
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(pending);
    pending = [];
    await wire.send(bytes, size);
  };
  for (const step of steps) {
    if (step.kind === "send") {
      // An unexpected reply must not be taken for the next one.
      expect(wire.rest).toBe("");
      pending.push(step.bytes);
      continue;
    }
    await flush();
    if (step.kind === "tls") await wire.startTls(certificate);
    else if (step.kind === "closed") expect(await wire.line()).toBeNull();
    else {
      const line = await wire.line();
      expect(line, `where the transcript has "${step.line}"`).toMatch(step.pattern);
    }
  }
  await flush();
}

const cases = names.flatMap((name) => [WHOLE, 1, 3, 17].map((size) => ({ name, size })));

test.concurrent.each(cases)("$name in pieces of $size bytes", async ({ name, size }) => {
  const { steps, mails } = readTranscript(readFileSync(new URL(name, folder), "utf8"));
  const listener = await startListener({ maxMessageBytes: 5000 });
  const wire = await Wire.open(listener.port);
  try {
    await play(wire, steps, size, listener.certificate);
    expect(listener.stored.map(({ from, inboxes, raw }) => ({ from, inboxes, raw }))).toEqual(mails);
    expect(listener.errors).toEqual([]);
  } finally {
    wire.close();
    await listener.stop();
  }
});

test("the folder holds what the names promise", () => {
  expect(names.length).toBeGreaterThan(15);
  for (const name of names) {
    const { steps } = readTranscript(readFileSync(new URL(name, folder), "utf8"));
    expect(steps.filter(({ kind }) => kind !== "send").length, name).toBeGreaterThan(2);
  }
});
