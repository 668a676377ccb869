/** Large answers over real sockets, to clients that do not read them. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { openLoopTurns } from "../../../test/support/loop-turns.ts";
import { openTestDoor, type TestDoor } from "../../../test/support/test-door.ts";
import { createNewcomers } from "../../domain/tenancy/sign-ups/index.ts";
import { systemClock } from "../../lib/clock.ts";
import { createHeapBudget } from "../../lib/heap-budget.ts";
import { createLog } from "../../lib/log.ts";
import { createHttpApp } from "./app.ts";
import { createConnectionPlaces } from "./connection-places.ts";
import { MAX_BODY_BYTES_HELD } from "./limits.ts";
import { type Listener, startHttpServer } from "./server.ts";
import { v0 } from "./v0/index.ts";

const MB = 1024 * 1024;
/** Of the texts of a thread: more together than the kernel takes at once, and no more than a page has. */
const TEXT = "a line of some length\n".repeat(40_000);
const MESSAGES = 7;
/** Two answers with them, and no more, of tenants that have one each. */
const UNREAD_BYTES = 20 * MB;

let t: TestDoor;
let listener: Listener;
const opened: Socket[] = [];
beforeAll(async () => {
  t = await openTestDoor();
  const app = createHttpApp({
    ...t,
    newcomers: createNewcomers({ ...t.parts.lent, database: t.database, clock: systemClock, isOpen: false }),
    dialects: [v0],
    version: "test",
    publicUrl: null,
    memory: {
      heap: createHeapBudget(MAX_BODY_BYTES_HELD),
      bodyBytes: MAX_BODY_BYTES_HELD,
      downloadBytes: UNREAD_BYTES,
    },
    download: { ...t, clock: systemClock },
    log: createLog("silent"),
    turns: openLoopTurns(),
    newId: () => "an-id",
    clock: systemClock,
    proxies: [],
    checkReady: async () => undefined,
  });
  const parts = { host: "127.0.0.1", port: 0, clock: systemClock, newId: () => "an-id" };
  const places = createConnectionPlaces({ proxies: [], monotonicMs: () => 0 });
  listener = await startHttpServer(app, { ...parts, places, dialect: v0 });
});
afterAll(async () => {
  for (const socket of opened) socket.destroy();
  await listener.stop();
  await t.close();
});

const call = (key: string, path: string, body?: object): Promise<Response> =>
  fetch(`http://127.0.0.1:${listener.port}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

/** Gives what a call is answered with. */
async function given(key: string, path: string, body: object): Promise<Record<string, string>> {
  const answer = await call(key, path, body);
  expect(answer.status).toBe(200);
  // The fields that are looked at are texts.
  return (await answer.json()) as Record<string, string>;
}

/** A pod's key, and the path of a thread of its inbox with large texts. */
async function tenant(name: string) {
  const { pod_id: pod } = await given(t.rootToken, "/v0/pods", { name });
  const { inbox_id: inbox = "" } = await given(t.rootToken, `/v0/pods/${pod}/inboxes`, { username: name });
  const { api_key: key = "" } = await given(t.rootToken, `/v0/pods/${pod}/api-keys`, { name });
  const messages = `/v0/inboxes/${inbox}/messages`;
  const mail = { to: inbox, text: TEXT };
  const first = await given(key, `${messages}/send`, { ...mail, subject: "large" });
  const reply = `${messages}/${encodeURIComponent(first["message_id"] ?? "")}/reply`;
  for (let count = 1; count < MESSAGES; count++) await given(key, reply, mail);
  return { key, path: `/v0/inboxes/${inbox}/threads/${first["thread_id"]}` };
}

/** Asks, and does not read but the first octets of the answer. */
async function askAndStop({ key, path }: { readonly key: string; readonly path: string }): Promise<Socket> {
  const socket = connect(listener.port, "127.0.0.1");
  opened.push(socket);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`);
  await once(socket, "readable");
  return socket;
}

test("large answers that a tenant does not read are bounded, and neither small ones nor other tenants are refused", async () => {
  const [deaf, other] = [await tenant("deaf"), await tenant("other")];
  const socket = await askAndStop(deaf);
  const refused = await call(deaf.key, deaf.path);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, expect.any(String)]);
  expect(await refused.json()).toMatchObject({
    fix: expect.stringContaining("Read answers to their end"),
  });
  expect((await call(deaf.key, "/v0/inboxes")).status).toBe(200);
  const read = await call(other.key, other.path);
  const body = await read.text();
  expect([read.status, body.length > MESSAGES * TEXT.length]).toEqual([200, true]);
  socket.destroy();
  await eventually("room again", async () => {
    const answer = await call(deaf.key, deaf.path);
    await answer.text();
    return answer.status === 200;
  });
});
