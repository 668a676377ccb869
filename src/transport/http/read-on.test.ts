/** Requests that are answered before their end, by a client that looks for the answer when it has sent all. Over raw sockets. */
import { connect } from "node:net";
import { Hono } from "hono";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { systemClock } from "../../lib/clock.ts";
import { createConnectionPlaces } from "./connection-places.ts";
import { READ_ON_MS, SMALL_BODY_PIECES } from "./limits.ts";
import { readBody } from "./read-body.ts";
import { startHttpServer } from "./server.ts";
import { v0 } from "./v0/index.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** @returns its port */
async function open(app: Hono, clock = systemClock): Promise<number> {
  const places = createConnectionPlaces({ proxies: [], monotonicMs: () => 0 });
  const parts = { host: "127.0.0.1", port: 0, clock, newId: () => "an-id", dialect: v0, places };
  const listener = await startHttpServer(app, parts);
  ends.push(() => listener.stop());
  return listener.port;
}

/** A client that sends so many bytes as a body, in pieces with pauses, and looks for an answer after that. */
async function sendSlowly(port: number, head: string, bytes: number, frame: (piece: Buffer) => Buffer) {
  const socket = connect({ port, host: "127.0.0.1" });
  let [answer, failed] = ["", ""];
  socket.on("error", (error) => {
    failed = error.message;
  });
  socket.write(head);
  const pieces = 60;
  for (let sent = 0; sent < pieces && failed === ""; sent++) {
    await new Promise<void>((next) => void socket.write(frame(Buffer.alloc(bytes / pieces)), () => next()));
    await new Promise((next) => setTimeout(next, 20));
  }
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString("latin1");
  });
  await eventually("an answer, or an error", async () => answer !== "" || failed !== "");
  socket.destroy();
  return { status: answer.slice("HTTP/1.1 ".length).slice(0, 3), failed };
}

const LARGE = 30_000_000;
const chunkOf = (piece: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);

test.each([
  ["unread", "Content-Length: 30000000", (piece: Buffer) => piece],
  ["in chunks, of which some were read", "Transfer-Encoding: chunked", chunkOf],
])("who sends a large body slowly, and is refused, reads why: %s", async (_how, header, frame) => {
  const app = new Hono();
  app.post("/refused", async (context) => {
    const body = await readBody(context.req.raw, 1_000_000);
    return context.text("", body === null ? 413 : 200);
  });
  const port = await open(app);
  const head = `POST /refused HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`;
  expect(await sendSlowly(port, head, LARGE, frame)).toEqual({ status: "413", failed: "" });
});

/** A connection that drops what comes. */
function connectTo(port: number) {
  const socket = connect({ port, host: "127.0.0.1" });
  let hasEnded = false;
  socket.on("close", () => {
    hasEnded = true;
  });
  socket.on("error", () => undefined);
  socket.resume();
  return { socket, isOver: () => hasEnded };
}

test("who goes on sending for longer than is read after the answer is cut off", async () => {
  let atMs = 0;
  const clock = { ...systemClock, monotonicMs: () => atMs };
  const app = new Hono();
  app.post("/refused", (context) => context.text("no", 413));
  const port = await open(app, clock);
  const { socket, isOver } = connectTo(port);
  socket.write("POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n");
  await eventually("the end of the connection", async () => {
    atMs += 1000;
    socket.write("more");
    return isOver();
  });
  expect(atMs).toBeGreaterThanOrEqual(READ_ON_MS);
});

test("who goes on sending in pieces of an octet is cut off after some of them", async () => {
  const app = new Hono();
  app.post("/refused", (context) => context.text("no", 413));
  const port = await open(app, { ...systemClock, monotonicMs: () => 0 });
  const { socket, isOver } = connectTo(port);
  socket.write("POST /refused HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  let sent = 0;
  await eventually("the end of the connection", async () => {
    socket.write("1\r\nx\r\n".repeat(256));
    sent += 256;
    return isOver();
  });
  expect(sent).toBeGreaterThan(SMALL_BODY_PIECES);
});
