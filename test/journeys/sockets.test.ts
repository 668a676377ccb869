/** Sockets on two processes with one database: each hears of what the other does, and of one that is killed nothing is missed and nothing comes twice. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import { AutoConfigConsumer } from "svix";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { type Frame, ofType, openSocket, type TestSocket } from "../support/web-socket.ts";

const MESSAGES = 30;

let database: TestDatabase;
let directory: string;
let first: ServerProcess;
let second: ServerProcess;
let client: AgentMailClient;
let inbox: string;
let writer: string;
beforeEach(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), "rookery-sockets-"));
  // One after the other: the second finds the keys that the first has made.
  first = await start();
  second = await start();
  client = new AgentMailClient({ baseUrl: second.baseUrl, apiKey: second.rootKey, maxRetries: 0 });
  inbox = (await client.inboxes.create({ username: "heard" })).inboxId;
  writer = (await client.inboxes.create({ username: "writer" })).inboxId;
});
afterEach(async () => {
  for (const server of [first, second]) await server.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

const start = (more: Readonly<Record<string, string>> = {}): Promise<ServerProcess> =>
  startServer(directory, { DATABASE_URL: database.url, ROOKERY_SERVICES: "http,worker", ...more });

async function subscribe(server: ServerProcess, frame: object = {}): Promise<TestSocket> {
  const socket = await openSocket(server.baseUrl, { key: server.rootKey });
  socket.send({ type: "subscribe", inbox_ids: [inbox], event_types: ["message.received"], ...frame });
  await socket.next("subscribed", ({ type }) => type === "subscribed");
  return socket;
}

const subjectOf = (frame: Frame): string => (frame["message"] as { readonly subject: string }).subject;
const heardBy = ({ frames }: TestSocket): string[] =>
  frames.filter(ofType("message.received")).map(subjectOf);

const send = (subject: string): Promise<unknown> =>
  client.inboxes.messages.send(writer, { to: [inbox], subject });
const subjects = Array.from({ length: MESSAGES }, (_, index) => `Mail ${index}`);

test("a process that is killed misses nobody anything: its clients go on at the other with the last event's id", async () => {
  const elsewhere = await subscribe(second);
  const killed = await subscribe(first);
  const sending = (async () => {
    for (const subject of subjects) await send(subject);
  })();
  await eventually("some events", async () => heardBy(killed).length >= 5);
  await first.kill();
  await killed.closed;
  const last = killed.frames.findLast(ofType("message.received"));
  const back = await subscribe(second, { after: last?.["event_id"] });
  await sending;
  const all = () => [...heardBy(killed), ...heardBy(back)];
  await eventually(
    "every event at the other",
    async () => new Set(all()).size === MESSAGES,
    async () => all(),
  );
  await eventually("every event", async () => heardBy(elsewhere).length === MESSAGES);
  expect(heardBy(elsewhere).toSorted()).toEqual(subjects.toSorted());
  expect(new Set(heardBy(back)).size).toBe(heardBy(back).length);
  for (const socket of [elsewhere, back]) socket.end();
});

test("a process that ends tells its sockets so, with a code after which clients come back, and a key revoked at one ends its sockets at the other", async () => {
  const key = await client.inboxes.apiKeys.create(inbox, { name: "agent" });
  if (!("apiKey" in key)) throw new Error("not a bearer key");
  const ofKey = await openSocket(first.baseUrl, { key: key.apiKey });
  ofKey.send({ type: "subscribe" });
  await ofKey.next("subscribed");
  await client.inboxes.apiKeys.delete(inbox, key.apiKeyId);
  expect((await ofKey.closed).code).toBe(1008);
  const socket = await subscribe(first);
  await first.end();
  expect((await socket.closed).code).toBe(1012);
});

test("offsets of a consumer survive that every process is killed", async () => {
  const made = await fetch(`${first.baseUrl}/v0/inboxes/${inbox}/webhooks/polling`, {
    method: "POST",
    headers: { authorization: `Bearer ${first.rootKey}` },
    body: JSON.stringify({ client_id: "worker", event_types: ["message.received"] }),
  });
  // Cast: the answer of a create.
  const { token, webhook_id: id } = (await made.json()) as { token: string; webhook_id: string };
  await send("done");
  await send("open");
  const consumer = new AutoConfigConsumer(token, {});
  const data = await eventually("two events", async () => {
    const { data: found } = await consumer.receive("one", { leaseDurationMs: 1 });
    return found.length === 2 ? found : null;
  });
  await consumer.commit("one", data[0]?.offset ?? -1);
  for (const server of [first, second]) await server.kill();
  first = await start({ ROOKERY_HTTP_PORT: new URL(first.baseUrl).port });
  second = await start();
  const again = await eventually("what was not committed", async () => {
    const { data: found } = await new AutoConfigConsumer(token, {}).receive("one", { leaseDurationMs: 1 });
    return found.length > 0 ? found : null;
  });
  expect(again.map(({ offset }) => offset)).toEqual([data[1]?.offset]);
  expect(id).toMatch(/^ep_/);
});
