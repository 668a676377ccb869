/** A listener of HTTP without the product behind it, asked by octets. */
import { connect } from "node:net";
import { Hono } from "hono";
import { afterEach } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { createHeapBudget } from "../../src/lib/heap-budget.ts";
import { createConnectionPlaces, type PlacesParts } from "../../src/transport/http/connection-places.ts";
import {
  type Listener,
  type ListenerParts,
  type RequestTimeouts,
  startHttpServer,
} from "../../src/transport/http/server.ts";
import { createShares } from "../../src/transport/http/shares.ts";
import { v0 } from "../../src/transport/http/v0/index.ts";
import { openLoopTurns } from "./loop-turns.ts";

const listeners: Listener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop();
});
/** Of a server; time does not pass for it. */
export const placesFor = (parts: Partial<PlacesParts> = {}) =>
  createConnectionPlaces({ proxies: [], monotonicMs: () => 0, ...parts });

/** A server whose app echoes bodies; one to /slow waits until it is let go. */
export async function openHttp(
  timeouts?: RequestTimeouts,
  parts: Partial<ListenerParts> = {},
  app = new Hono(),
) {
  const seen: string[] = [];
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  app.onError(() => new Response(null, { status: 400 }));
  app.get("/slow", async (context) => {
    seen.push("slow");
    await gate;
    return context.text("slow answer");
  });
  app.post("/echo", async (context) => {
    seen.push("echo");
    try {
      return context.text(await context.req.text());
    } finally {
      seen.push("echo ended");
    }
  });
  const listener = await startHttpServer(app, {
    host: "127.0.0.1",
    port: 0,
    clock: systemClock,
    newId: () => "an-id",
    dialect: v0,
    places: placesFor(),
    ...(timeouts && { timeouts }),
    ...parts,
  });
  listeners.push(listener);
  return { port: listener.port, seen, letGo };
}

/** What comes back until the server ends the connection, which this side leaves open. */
export function exchange(port: number, bytes: string, localAddress = "127.0.0.1"): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress }, () => socket.write(bytes, "latin1"));
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}

/** A request of which only the head is there. */
export const get = (target: string, ...headers: string[]): string =>
  [`GET ${target} HTTP/1.1`, "Host: x", ...headers, "", ""].join("\r\n");

/** `endLate` as a process has it, whose pauses end when the test says so. */
export function lateEnds() {
  const pauses: (() => void)[] = [];
  const { endLate } = createShares({
    places: placesFor(),
    memory: { bodyBytes: 1024, downloadBytes: 1024, heap: createHeapBudget(1024) },
    monotonicMs: () => 0,
    isProxy: () => false,
    pause: () => new Promise((resolve) => pauses.push(resolve)),
    turns: openLoopTurns(),
  });
  return { endLate, next: () => pauses.shift()?.(), waiting: () => pauses.length };
}
