/** Requests that come in one packet, over raw sockets. A connection that ends with some of them unread may be seen as a reset. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { exchange, get, lateEnds, openHttp } from "../../../test/support/http-listener.ts";
import { MAX_PIPELINED_REQUESTS } from "./limits.ts";

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

test("peers that pipeline too much find out one at a time, those of each network in turn, and nothing of theirs is done meanwhile", async () => {
  const { endLate, next, waiting } = lateEnds();
  const { port, seen, letGo } = await openHttp(undefined, { endLate });
  const packet = get("/slow").repeat(2 * MAX_PIPELINED_REQUESTS);
  const ended: string[] = [];
  const peer = (name: string, localAddress: string): Promise<unknown> =>
    exchange(port, packet, localAddress)
      .catch(() => "")
      .finally(() => ended.push(name));
  const first = ["one", "two", "three"].map((name) => peer(name, "127.0.0.1"));
  await eventually("all three are read", async () => seen.length === 3 && waiting() === 1);
  const other = peer("other", "127.0.9.1");
  await eventually("the fourth is read", async () => seen.length === 4);
  letGo();
  for (const count of [1, 2, 3]) {
    next();
    await eventually("one more finds out", async () => ended.length === count && waiting() === 1);
  }
  expect(ended).toContain("other");
  next();
  await Promise.all([...first, other]);
  expect(seen).toHaveLength(4);
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
