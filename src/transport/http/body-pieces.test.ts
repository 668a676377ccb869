/** Bodies in small chunks, before anybody reads them. Over a raw socket. */
import { connect } from "node:net";
import { type Context, Hono } from "hono";
import { expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { exchange, lateEnds } from "../../../test/support/http-listener.ts";
import { systemClock } from "../../lib/clock.ts";
import { incomingOf } from "./bindings-of.ts";
import { createConnectionPlaces } from "./connection-places.ts";
import { LEAST_PIECE_BYTES, SMALL_BODY_PIECES } from "./limits.ts";
import { readBody } from "./read-body.ts";
import { startHttpServer } from "./server.ts";
import { v0 } from "./v0/index.ts";

const places = createConnectionPlaces({ proxies: [], monotonicMs: () => 0 });
const parts = { host: "127.0.0.1", port: 0, clock: systemClock, newId: () => "an-id", dialect: v0, places };

const MOST_OCTETS = SMALL_BODY_PIECES + Math.ceil(SMALL_BODY_PIECES / LEAST_PIECE_BYTES) + 2;

test("of a body in chunks of an octet that nobody reads yet, no more is kept than may come, and no more is read", async () => {
  let kept = (): number => 0;
  const app = new Hono();
  const { promise: gate, resolve: letGo } = Promise.withResolvers<void>();
  app.post("/held", async (context) => {
    kept = () => incomingOf(context)?.readableLength ?? 0;
    await gate;
    return context.text("done");
  });
  const listener = await startHttpServer(app, parts);
  const socket = connect({ port: listener.port, host: "127.0.0.1" });
  let [answer, isOver] = ["", false];
  socket.on("data", (bytes: Buffer) => {
    answer += bytes.toString();
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    isOver = true;
  });
  socket.write("POST /held HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  socket.write("1\r\nx\r\n".repeat(40 * SMALL_BODY_PIECES));
  await eventually("what is kept", async () => kept() > SMALL_BODY_PIECES);
  await new Promise((turn) => setImmediate(turn));
  expect(kept()).toBeLessThanOrEqual(MOST_OCTETS);
  letGo();
  await eventually("the end of the connection", async () => isOver);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  await listener.stop();
});

test("what came of such a body is not taken for a whole one, though its end was sent", async () => {
  let [octets, outcome] = [0, ""];
  const app = new Hono();
  app.post("/read", async (context) => {
    const incoming = incomingOf(context);
    await new Promise<void>((resolve) => {
      incoming?.on("data", (piece: Buffer) => {
        octets += piece.length;
      });
      for (const event of ["end", "close"])
        incoming?.once(event, () => {
          outcome ||= event;
          resolve();
        });
    });
    return context.text("done");
  });
  const listener = await startHttpServer(app, parts);
  const socket = connect({ port: listener.port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  socket.write("POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  socket.write(`${"1\r\nx\r\n".repeat(2 * SMALL_BODY_PIECES)}0\r\n\r\n`);
  await eventually("what may come", async () => octets > SMALL_BODY_PIECES);
  socket.destroy();
  await eventually("an outcome", async () => outcome !== "");
  expect(outcome).toBe("close");
  expect(octets).toBeLessThanOrEqual(MOST_OCTETS);
  await listener.stop();
});

test.each([
  [
    "is read",
    async (context: Context) => {
      await readBody(context.req.raw, 1024 * 1024, incomingOf(context));
      return new Response("read");
    },
  ],
  ["is not even looked at", async () => new Response("no key", { status: 401 })],
])("a peer whose body %s finds out late that it has too many pieces", async (_what, answer) => {
  const { endLate, next, waiting } = lateEnds();
  const app = new Hono();
  app.post("/", answer);
  app.onError((_error, context) => context.text("too many", 413));
  const listener = await startHttpServer(app, { ...parts, endLate });
  const pieces = "1\r\nx\r\n".repeat(2 * SMALL_BODY_PIECES);
  let answered: string | null = null;
  const peer = exchange(
    listener.port,
    `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${pieces}`,
  )
    .catch(() => "reset")
    .then((text) => {
      answered = text;
    });
  await eventually("the bound", async () => waiting() === 1);
  await new Promise((turn) => setTimeout(turn, 20));
  expect(answered).toBeNull();
  next();
  await peer;
  expect(answered).toMatch(/ 401 | 413 |reset/);
  await listener.stop();
});
