/** Texts that are longer than what is replaced in them at a time. */
import { expect, test } from "vitest";
import { inProcessCodec } from "./index.ts";

const PIECE = 2 ** 19;

test.each([-2, -1, 0, 1])(
  "a line end is one, also %d characters from where a piece of a long text ends",
  async (offset) => {
    const line = "x".repeat(PIECE + offset);
    const mail = Buffer.from(`Subject: long\r\n\r\n${line}\r\n${line}\r\n\ud83d\ude00\0end\r\n`);
    const { text } = await inProcessCodec.read(mail, "");
    expect(text === `${line}\n${line}\n\ud83d\ude00end\n`).toBe(true);
  },
);

test.each([-2, -1, 0, 1])(
  "a flowed line goes on in the next, also %d characters from where a piece of a long text ends",
  async (offset) => {
    const line = "x".repeat(PIECE + offset);
    const head = "Content-Type: text/plain; format=flowed; delsp=yes";
    const mail = Buffer.from(`${head}\r\n\r\n${line}\r\nflowing \r\non ${line}\r\n \r\nend\r\n`);
    const { text } = await inProcessCodec.read(mail, "");
    expect(text === `${line}\nflowingon ${line}\n\nend\n`).toBe(true);
  },
);
