/** Requests that come in one packet, over raw sockets. A connection that ends with some of them unread may be seen as a reset. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { exchange, get, openHttp, placesFor } from "../../../test/support/http-listener.ts";
import { openLoopTurns } from "../../../test/support/loop-turns.ts";
import { createHeapBudget } from "../../lib/heap-budget.ts";
import { MAX_PIPELINED_REQUESTS, UNKNOWN_KEY_BURST } from "./limits.ts";
import { createShares } from "./shares.ts";

test("requests pipelined beyond the bound are not run, and end the connection", async () => {
  const { port, seen, letGo } = await openHttp();
  expect(await exchange(port, get("/slow").repeat(5000)).catch(() => "")).toBe("");
  expect(seen).toEqual(["slow"]);
  letGo();
  const echoed = await fetch(`http://127.0.0.1:${port}/echo`, { method: "POST", body: "still here" });
  expect(await echoed.text()).toBe("still here");
});

test("what came in the packet of requests beyond the bound is not even read: it would take the event loop from everybody", async () => {
  const { port, seen } = await openHttp();
  let made = 0;
  const count = (message: unknown): void => {
    // Cast: of every server of the process. A destroyed socket does not know its port any more.
    if ((message as { readonly request: IncomingMessage }).request.url === "/slow") made += 1;
  };
  subscribe("http.server.request.start", count);
  try {
    await exchange(port, "GET /slow HTTP/1.1\r\nHost:x\r\n\r\n".repeat(1000)).catch(() => "");
    await exchange(port, get("/slow").repeat(500)).catch(() => "");
  } finally {
    unsubscribe("http.server.request.start", count);
  }
  expect(seen).toHaveLength(2);
  expect(made).toBe(2 * (MAX_PIPELINED_REQUESTS + 1));
});

test("a network whose peers pipeline too much finds out as late as one that guesses keys, and nothing of theirs is done meanwhile", async () => {
  const pauses: (() => void)[] = [];
  const heap = createHeapBudget(1024);
  const { paceOfRequest } = createShares({
    places: placesFor(),
    memory: { bodyBytes: 1024, downloadBytes: 1024, heap },
    // Time does not pass, so that nothing is forgiven however slow the machine is.
    monotonicMs: () => 0,
    isProxy: () => false,
    pause: () => new Promise((resolve) => pauses.push(resolve)),
    turns: openLoopTurns(),
  });
  const { port, seen, letGo } = await openHttp(undefined, { paceOfRequest });
  const packet = get("/slow").repeat(2 * MAX_PIPELINED_REQUESTS);
  for (let peers = 0; peers < UNKNOWN_KEY_BURST; peers++) await exchange(port, packet).catch(() => "");
  expect(pauses).toEqual([]);
  let isEnded = false;
  const late = exchange(port, packet)
    .catch(() => "")
    .finally(() => {
      isEnded = true;
    });
  await eventually("a pause", async () => pauses.length > 0);
  letGo();
  await eventually("the first is answered", async () => seen.length > UNKNOWN_KEY_BURST);
  expect([seen.length, isEnded]).toEqual([UNKNOWN_KEY_BURST + 1, false]);
  pauses[0]?.();
  expect((await late).match(/slow answer/g)?.length ?? 0).toBeLessThan(2);
  expect([seen.length, pauses.length]).toEqual([UNKNOWN_KEY_BURST + 1, 1]);
});

test("pipelined requests within the bound are all answered, one at a time", async () => {
  const { port, seen, letGo } = await openHttp();
  const last = `GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
  const two = exchange(port, get("/slow") + last);
  await eventually("the first is under way", async () => seen.length > 0);
  // Both heads came in one packet.
  expect(seen).toHaveLength(1);
  letGo();
  expect((await two).match(/slow answer/g)).toHaveLength(2);
  const text = await exchange(port, get("/slow").repeat(MAX_PIPELINED_REQUESTS - 1) + last);
  expect(text.match(/slow answer/g)).toHaveLength(MAX_PIPELINED_REQUESTS);
});
