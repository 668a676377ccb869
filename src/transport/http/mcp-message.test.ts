import { expect, test } from "vitest";
import { JSON_PIECE_BYTES } from "./limits.ts";
import { readMessage } from "./mcp-message.ts";

const call = (text: string): object => ({
  ...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
  params: { name: "send_message", arguments: { to: ["a@x.test"], text } },
});

/** What is read of a message, and how often others had the event loop meanwhile. */
async function read(message: object) {
  let pauses = 0;
  const body = Buffer.from(JSON.stringify(message));
  const made = await readMessage(body, async () => void pauses++);
  return { made, pauses };
}

test("a message with megabytes of arguments is read in pieces, and is what one piece would be", async () => {
  const message = call('"word" '.repeat(JSON_PIECE_BYTES));
  const { made, pauses } = await read(message);
  expect(made).toEqual({ message, argumentsFault: null });
  expect(pauses).toBeGreaterThanOrEqual(7);
  expect((await read(call("word"))).pauses).toBe(0);
});

test("what cannot be stored in a long argument is told as the tool's fault, and left out of the message", async () => {
  const { made } = await read(call(`${"word ".repeat(JSON_PIECE_BYTES)}\0`));
  expect(made?.argumentsFault?.path).toEqual(["text"]);
  expect(made?.message).toMatchObject({ params: { name: "send_message", arguments: {} } });
});
