/** One socket of a server and its client on the wire: what is buffered for who does not read, and who is taken for gone. */
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { eventually } from "../../../../test/support/eventually.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Actor } from "../../../domain/door/access/index.ts";
import type { FeedEvent } from "../../../domain/notify/feed/index.ts";
import { createApiKey } from "../../../domain/tenancy/api-keys/index.ts";
import { systemClock } from "../../../lib/clock.ts";
import {
  MAX_SOCKET_BEHIND_BYTES,
  MAX_SOCKET_EVENTS_HELD,
  SOCKET_CLOSE_MS,
  SOCKET_IDLE_MS,
} from "../limits.ts";
import { startPings } from "./pings.ts";
import { Session, type ToldEvent } from "./session.ts";

let t: TestDoor;
let actor: Actor;
let server: WebSocketServer;
beforeAll(async () => {
  t = await openTestDoor();
  actor = await t.authenticator.authenticate(t.rootToken);
});
beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  await once(server, "listening");
});
afterEach(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
});
afterAll(() => t.close());

interface Pair {
  readonly session: Session;
  readonly client: WebSocket;
  readonly closed: Promise<number>;
}

/** @param client options of the one at the other end */
async function connect(options: WebSocket.ClientOptions = {}, openedAt = new Date()): Promise<Pair> {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens on a port");
  const accepted = once(server, "connection");
  const client = new WebSocket(`ws://127.0.0.1:${address.port}`, options);
  const closed = once(client, "close").then(([code]) => Number(code));
  client.on("error", () => undefined);
  const [socket] = await accepted;
  if (client.readyState !== client.OPEN) await once(client, "open");
  const session = new Session(socket, { token: t.rootToken, actor, openedAt });
  session.socket.on("pong", () => {
    session.isAlive = true;
  });
  return { session, client, closed };
}

/** Events of a size, counted as they are told and as their bytes are given back. */
function events(bytes: number, mayWait = true) {
  let told = 0;
  let givenBack = 0;
  const next = (): ToldEvent => {
    told += 1;
    const id = t.parts.lent.newId();
    const scope = { organizationId: t.organizationId, podId: t.organizationId, inboxId: null };
    // Cast: what a session asks of an event.
    const event = { id, type: "message.received", ...scope } as FeedEvent;
    const sent = (): void => {
      givenBack += 1;
    };
    return { event, labels: [], text: Buffer.alloc(bytes, "x"), mayWait, sent };
  };
  return { next, counts: () => ({ told, givenBack }) };
}

test("who does not read is closed as too slow once the bound is behind, finds what fitted, and nobody else is", async () => {
  const [slow, other] = [await connect(), await connect()];
  slow.client.pause();
  const bytes = 256 * 1024;
  const { next, counts } = events(bytes);
  let most = 0;
  while (slow.session.isOpen) {
    slow.session.tell(next(), new Date());
    most = Math.max(most, slow.session.socket.bufferedAmount);
    // The kernel takes what it can before more is told.
    await new Promise(setImmediate);
  }
  expect(most).toBeLessThanOrEqual(MAX_SOCKET_BEHIND_BYTES + bytes);
  // Longer than any other socket is given: who reads slowly takes its time to come to the code.
  await new Promise((resolve) => setTimeout(resolve, SOCKET_CLOSE_MS + 500));
  slow.client.resume();
  expect(await slow.closed).toBe(1013);
  await eventually("every event's bytes given back", async () => {
    const { told, givenBack } = counts();
    return told === givenBack;
  });
  const heard = once(other.client, "message");
  other.session.tell(events(10).next(), new Date());
  await heard;
});

test("what may not wait is not buffered behind what was not read", async () => {
  const { session, client, closed } = await connect();
  client.pause();
  const waiting = events(1024 * 1024);
  while (session.socket.bufferedAmount === 0) {
    session.tell(waiting.next(), new Date());
    await new Promise(setImmediate);
  }
  session.tell(events(10, false).next(), new Date());
  expect(session.isOpen).toBe(false);
  client.resume();
  expect(await closed).toBe(1013);
});

test("events that come while others are replayed are held up to a bound, and given back when the socket ends", async () => {
  const { session, closed } = await connect();
  session.hold();
  const { next, counts } = events(10);
  for (let index = 0; index <= MAX_SOCKET_EVENTS_HELD; index++) {
    expect(session.isOpen).toBe(true);
    session.tell(next(), new Date());
  }
  expect(await closed).toBe(1013);
  expect(counts()).toEqual({ told: MAX_SOCKET_EVENTS_HELD + 1, givenBack: MAX_SOCKET_EVENTS_HELD + 1 });
});

test("a peer that answers no ping is cut off, one that does stays, and one that listens to nothing ends after a bound", async () => {
  const openedAt = new Date(Date.now() - SOCKET_IDLE_MS - 1000);
  const dead = await connect({ autoPong: false });
  const alive = await connect();
  const idle = await connect({}, openedAt);
  for (const { session } of [dead, alive]) session.targets.add("organization");
  let pings = 0;
  alive.client.on("ping", () => {
    pings += 1;
  });
  const sessions = new Set([dead, alive, idle].map(({ session }) => session));
  const rounds = startPings(sessions, systemClock, { everyMs: 1000, turns: 2 });
  expect(await dead.closed).toBe(1006);
  expect(await idle.closed).toBe(1008);
  await eventually("pings that are answered", async () => pings >= 3);
  rounds.stop();
  expect(alive.session.isOpen).toBe(true);
});

test("a socket ends when its key expires, without an event or a ping", async () => {
  const { session, closed } = await connect();
  const expiresAt = new Date(Date.now() + 3000);
  const { secret } = await t.run(t.rootToken, createApiKey, {}, { expiresAt });
  session.actor = await t.authenticator.authenticate(secret);
  session.endAtExpiry(systemClock, 60_000);
  expect(await closed).toBe(1008);
});
