/**
 * The clients of many WebSockets, a process of its own: `node crowd-process.ts`, with what to open as a line of JSON on standard input. Answers
 * each line with one of JSON.
 */
import { createInterface } from "node:readline";
import WebSocket from "ws";
import type { Crowd, Heard } from "./crowd.ts";

const OPENING_AT_ONCE = 50;

const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
const next = async (): Promise<string> => String((await lines.next()).value);
const answer = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

/** How many had the event of a message, and when the last of them, in milliseconds since 1970. */
const heard = new Map<string, Heard>();
let ended = 0;

/** @returns when its subscription is confirmed */
function open({ url }: Crowd, key: string, localAddress: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${key}` },
      localAddress,
      perMessageDeflate: false,
    });
    socket.on("message", (data) => {
      const at = performance.timeOrigin + performance.now();
      const frame = JSON.parse(String(data));
      if (frame.type === "subscribed") return resolve();
      const id = frame.message?.message_id;
      heard.set(id, { sockets: (heard.get(id)?.sockets ?? 0) + 1, at });
    });
    socket.once("open", () => socket.send(JSON.stringify({ type: "subscribe" })));
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, { statusCode }) =>
      reject(new Error(`refused: ${statusCode}`)),
    );
    socket.once("close", () => {
      ended += 1;
    });
  });
}

async function openAll(crowd: Crowd): Promise<void> {
  const { keys, addresses, sockets } = crowd;
  const at = (list: readonly string[], index: number): string => list[index % list.length] ?? "";
  let begun = 0;
  const lane = async (): Promise<void> => {
    for (let index = begun++; index < sockets; index = begun++)
      await open(crowd, at(keys, index), at(addresses, Math.floor(index / keys.length)));
  };
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, lane));
}

// Cast: written by the bench.
await openAll(JSON.parse(await next()) as Crowd);
answer("open");
for (let line = await next(); line !== "stop"; line = await next())
  answer(line === "ended" ? ended : (heard.get(line) ?? null));
process.exit(0);
