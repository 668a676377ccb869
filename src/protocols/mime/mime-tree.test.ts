/** Texts that are longer than what is encoded of them at a time. */
import { expect, test } from "vitest";
import { inProcessCodec } from "./index.ts";

const PIECE = 2 ** 18;

const compose = async (text: string): Promise<string> => {
  const { raw } = await inProcessCodec.compose({
    messageId: "<1@rookery.test>",
    date: new Date("2026-01-01T00:00:00Z"),
    from: { name: null, address: "desk@rookery.test" },
    to: [{ name: "Ann", address: "ann@outside.test" }],
    cc: [],
    replyTo: [],
    subject: "Long",
    text,
    html: null,
    inReplyTo: null,
    references: [],
    headers: {},
    attachments: [],
  });
  return raw.toString("latin1");
};

test.each([
  ["short lines", "a short line\n"],
  ["bare and whole line ends in turn", "one\r\ntwo\n"],
  ["lines that end in a blank", "blank \n"],
  ["lines of other letters", "Grüße aus Köln\n"],
  ["lines that are too long for a mail", `${"long".repeat(400)}\n`],
])("%s are read as they were written, also around where a piece ends", async (_what, line) => {
  for (const offset of [-1, 0, 1]) {
    const text = `${"x".repeat((PIECE + offset) % 70)}\n${line.repeat((2 * PIECE) / line.length)}end`;
    const raw = await compose(text);
    const read = await inProcessCodec.read(Buffer.from(raw, "latin1"), "");
    expect(read.text?.trimEnd() === text.replaceAll("\r\n", "\n")).toBe(true);
    expect(/(?<!\r)\n|\r(?!\n)/.test(raw)).toBe(false);
    expect(raw.split("\r\n").every((each) => each.length <= 998)).toBe(true);
  }
});

test("a line that is longer than a piece is one line", async () => {
  const text = `${"x".repeat(3 * PIECE)}\nend`;
  const { text: read } = await inProcessCodec.read(Buffer.from(await compose(text), "latin1"), "");
  expect(read?.trimEnd() === text).toBe(true);
});
