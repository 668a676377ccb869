import { expect, test } from "vitest";
import { parseThreadIndex } from "./thread-index.ts";

const guid = "0123456789abcdef0123456789abcdef";
const index = (answers: number): string =>
  Buffer.from(`01dd5e8a1b2c${guid}${"0000000010".repeat(answers)}`, "hex").toString("base64");

const conversationId = "01234567-89ab-cdef-0123-456789abcdef";

test.each([0, 1, 7])("a mail that is %i answers deep names the conversation", (answers) => {
  expect(parseThreadIndex(index(answers))).toEqual({ conversationId, isReply: answers > 0 });
});

test("a folded one is read whole", () => {
  expect(parseThreadIndex(index(9).replaceAll(/.{40}/g, "$& "))).toEqual({ conversationId, isReply: true });
});

test.each([
  "",
  "x",
  "Re: Question",
  index(0).slice(0, 20),
  index(0).replace(/^A/, "B"),
  "A".repeat(100_000),
  `${index(0)}AA==`,
  index(1).replace(/^.{30}/, "A".repeat(30)),
  Buffer.from(`01dd5e8a1b2c${"00".repeat(15)}01`, "hex").toString("base64"),
  Buffer.from(`01dd5e8a1b2c${"0102030405060701".repeat(2)}`, "hex").toString("base64"),
])("%.30j names none", (text) => {
  expect(parseThreadIndex(text)).toBeNull();
});
