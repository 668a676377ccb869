/** Guesses of keys, and polls that find nothing, over real sockets: who is answered late. */

import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { eventually } from "../../../test/support/eventually.ts";
import { openLoopTurns } from "../../../test/support/loop-turns.ts";
import { openTestDoor, type TestDoor } from "../../../test/support/test-door.ts";
import { createNewcomers } from "../../domain/tenancy/sign-ups/index.ts";
import { systemClock } from "../../lib/clock.ts";
import { createHeapBudget } from "../../lib/heap-budget.ts";
import { createLog } from "../../lib/log.ts";
import { createHttpApp } from "./app.ts";
import {
  EMPTY_POLL_MS,
  MAX_BODY_BYTES_HELD,
  MAX_PIPELINED_REQUESTS,
  NEWCOMERS_REST,
  UNKNOWN_KEY_BURST,
  UNKNOWN_KEY_PAUSE_MS,
} from "./limits.ts";
import { type Listener, startHttpServer } from "./server.ts";
import { createShares } from "./shares.ts";
import { v0 } from "./v0/index.ts";

let t: TestDoor;
const turns = openLoopTurns();
/** Whose work had a turn. */
const inTurns: string[] = [];
let listener: Listener;
const pauses: number[] = [];
/** Time does not pass, so that nothing is forgiven however slow the machine is. */
const clock = { ...systemClock, monotonicMs: () => 0 };

beforeAll(async () => {
  t = await openTestDoor();
  const app = createHttpApp({
    ...t,
    newcomers: createNewcomers({ ...t.parts.lent, database: t.database, clock: systemClock, isOpen: false }),
    dialects: [v0],
    version: "test",
    publicUrl: null,
    memory: { heap: createHeapBudget(MAX_BODY_BYTES_HELD), bodyBytes: MAX_BODY_BYTES_HELD, downloadBytes: 0 },
    download: { ...t, clock: systemClock },
    log: createLog("silent"),
    turns: {
      ...turns,
      during(tenant, work) {
        inTurns.push(tenant);
        return turns.during(tenant, work);
      },
    },
    newId: () => "an-id",
    clock,
    proxies: ["127.0.9.0/24"],
    pause: async (ms) => void pauses.push(ms),
    checkReady: async () => undefined,
  });
  listener = await startHttpServer(app, {
    host: "127.0.0.1",
    port: 0,
    clock: systemClock,
    newId: () => "an-id",
    dialect: v0,
    proxies: [],
  });
});
afterAll(async () => {
  await listener.stop();
  await t.close();
});

/** Status of a request from this address, with this key. Linux has all of 127.0.0.0/8. */
function ask(from: string, key: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({
      port: listener.port,
      host: "127.0.0.1",
      localAddress: from,
      path: "/v0/inboxes",
      headers: { authorization: `Bearer ${key}`, ...headers },
    });
    asked.on("error", reject);
    asked.on("response", (answer) => answer.resume().on("end", () => resolve(answer.statusCode)));
    asked.end();
  });
}

async function guess(from: string, count: number, headers: Record<string, string> = {}): Promise<void> {
  for (let index = 0; index < count; index++)
    expect(await ask(from, `am_us_guess_${from}_${index}`, headers)).toBe(403);
}

test("unknown keys of a network beyond the burst are answered after pauses that grow; right keys and other networks are not", async () => {
  await guess("127.0.1.1", UNKNOWN_KEY_BURST);
  expect(pauses).toEqual([]);
  await guess("127.0.1.2", 5);
  expect(pauses).toHaveLength(5);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(UNKNOWN_KEY_PAUSE_MS);
  pauses.length = 0;
  await guess("127.0.2.1", 5);
  expect(await ask("127.0.2.1", t.rootToken)).toBe(200);
  expect(await ask("127.0.1.1", t.rootToken)).toBe(200);
  expect(pauses).toEqual([]);
});

test("behind a proxy it is the client's network that counts", async () => {
  await guess("127.0.9.1", UNKNOWN_KEY_BURST, { "x-forwarded-for": "192.0.2.1" });
  pauses.length = 0;
  await guess("127.0.9.1", 5, { "x-forwarded-for": "198.51.100.1" });
  expect(pauses).toEqual([]);
  await guess("127.0.9.1", 5, { "x-forwarded-for": "198.51.100.1, 192.0.2.7" });
  expect(pauses).toHaveLength(5);
});

test("who polls and finds nothing is answered late, and who finds something at once", async () => {
  const post = async (path: string, body: object): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${listener.port}/v0${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${t.rootToken}` },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
    return answer.json();
  };
  const created = await post("/webhooks/polling", { client_id: "worker", event_types: ["message.sent"] });
  const { token } = z.object({ token: z.string() }).parse(created);
  const coded = Buffer.from(token.slice("auto_v1_".length), "base64").toString("utf8");
  const { aid, eid, tok } = z
    .object({ aid: z.string(), eid: z.string(), tok: z.string() })
    .parse(JSON.parse(coded));
  const receive = async (): Promise<unknown> => {
    pauses.length = 0;
    const path = `/api/v1/app/${aid}/polling-endpoint/${eid}/consumer/one`;
    const headers = { authorization: `Bearer ${tok}` };
    return (await fetch(`http://127.0.0.1:${listener.port}${path}`, { headers })).json();
  };
  expect(await receive()).toEqual({ data: [], done: true });
  expect(pauses).toEqual([EMPTY_POLL_MS]);
  const address = "polled@rookery.localhost";
  await post("/inboxes", { username: "polled" });
  await post(`/inboxes/${address}/messages/send`, { to: [address], subject: "Hello" });
  expect(await receive()).toMatchObject({ data: [{ eventType: "message.sent" }] });
  expect(pauses).toEqual([]);
});

test("whoever has no key shares the event loop with all others who have none, from whatever networks they ask", async () => {
  inTurns.length = 0;
  for (const from of ["127.0.31.1", "127.0.32.1"])
    await new Promise((resolve, reject) => {
      const asked = request({
        ...{ port: listener.port, host: "127.0.0.1", localAddress: from },
        ...{ method: "POST", path: "/v0/agent/sign-up" },
      });
      asked.on("error", reject);
      asked.on("response", (answer) => answer.resume().on("end", resolve));
      asked.end("{}");
    });
  const [tenant] = inTurns;
  expect(inTurns).toEqual([tenant, tenant]);
  for (const from of ["127.0.33.1", "127.0.34.1"]) expect(await ask(from, `am_us_of_${from}`)).toBe(403);
  expect(inTurns).toEqual([tenant, tenant, tenant, tenant]);
});

test("of those that sign up one is written at a time, whatever their networks: each is a tenant of its own", async () => {
  const heap = createHeapBudget(1024);
  const shares = createShares({
    memory: { bodyBytes: 1024, downloadBytes: 1024, heap },
    monotonicMs: () => 0,
    isProxy: () => false,
    pause: async () => undefined,
    turns: openLoopTurns(),
  });
  let [begun, underWay, most] = [0, 0, 0];
  const write = async (): Promise<void> => {
    begun++;
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
  };
  const of = (network: number): Promise<void> => {
    // Cast: its address is all that is asked of a connection.
    const socket = { remoteAddress: `127.0.${network}.1` } as Socket;
    return shares.paceOfRequest({ socket, headers: {} }).asNewcomer(write);
  };
  await Promise.all([1, 2, 3, 4].map(of));
  expect([begun, most]).toEqual([4, 1]);
});

test("while others have work the place in which sign-ups are written rests, and while nobody has it does not", async () => {
  let now = 0;
  const rests: number[] = [];
  const own = openLoopTurns();
  const shares = createShares({
    memory: { bodyBytes: 1024, downloadBytes: 1024, heap: createHeapBudget(1024) },
    monotonicMs: () => now,
    isProxy: () => false,
    pause: async (ms) => void rests.push(ms),
    turns: own,
  });
  const write = async (): Promise<void> => {
    now += 10;
  };
  // Cast: its address is all that is asked of a connection.
  const socket = { remoteAddress: "127.0.1.1" } as Socket;
  const signUp = () => shares.paceOfRequest({ socket, headers: {} }).asNewcomer(write);
  await signUp();
  expect(rests).toEqual([]);
  await own.during("a tenant", async () => undefined);
  await signUp();
  await signUp();
  expect(rests).toEqual([10 * NEWCOMERS_REST, 10 * NEWCOMERS_REST]);
});

test("a network whose peers pipeline too much finds out as late as one that guesses keys, and nothing of theirs is done meanwhile", async () => {
  const rests: (() => void)[] = [];
  const shares = createShares({
    memory: { bodyBytes: 1024, downloadBytes: 1024, heap: createHeapBudget(1024) },
    // Time does not pass, so that nothing is forgiven however slow the machine is.
    monotonicMs: () => 0,
    isProxy: () => false,
    pause: () => new Promise((resolve) => rests.push(resolve)),
    turns: openLoopTurns(),
  });
  let seen = 0;
  const app = new Hono();
  app.get("/seen", (context) => context.text(`answer ${++seen}`));
  const parts = { host: "127.0.0.1", port: 0, clock: systemClock, newId: () => "an-id", dialect: v0 };
  const own = await startHttpServer(app, { ...parts, proxies: [], shares });
  const packet = "GET /seen HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2 * MAX_PIPELINED_REQUESTS);
  let ended = 0;
  const peer = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect({ port: own.port, host: "127.0.0.1" }, () => socket.write(packet));
      socket
        .on("error", () => undefined)
        .on("close", () => {
          ended++;
          resolve();
        });
      socket.resume();
    });
  for (let peers = 0; peers < UNKNOWN_KEY_BURST; peers++) await peer();
  expect(rests).toEqual([]);
  const late = peer();
  await eventually("a pause, and its first answer", async () => rests.length > 0 && seen > UNKNOWN_KEY_BURST);
  expect([seen, ended]).toEqual([UNKNOWN_KEY_BURST + 1, UNKNOWN_KEY_BURST]);
  rests[0]?.();
  await late;
  expect([seen, rests.length]).toEqual([UNKNOWN_KEY_BURST + 1, 1]);
  await own.stop();
});
