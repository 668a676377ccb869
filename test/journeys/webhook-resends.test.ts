/** Webhooks that failed: seen with their answers, and sent again, whatever becomes of the process that promised it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AgentMailClient } from "agentmail";
import pg from "pg";
import { Webhook } from "svix";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { openSockets, type Sockets } from "../support/sockets.ts";

/** Milliseconds that a slow endpoint takes: long enough for another process to call it as well. */
const SLOW_MS = 100;

interface Told {
  readonly headers: Record<string, string>;
  readonly body: string;
}

let database: TestDatabase;
let directory: string;
let servers: ServerProcess[];
let sockets: Sockets;
let url: string;
let told: Told[];
/** Requests that are being answered, by svix-id, and how many of one there were at most. */
let open: Map<string, number>;
let mostOpen: number;
let answer: "503" | "204" | "slow" | "never";

beforeEach(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), "rookery-resends-"));
  [servers, told, open, mostOpen, answer] = [[], [], new Map(), 0, "204"];
  sockets = openSockets();
  const port = await sockets.http(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    told.push({ headers, body: Buffer.concat(chunks).toString() });
    if (answer === "never") return;
    if (answer === "503") return response.writeHead(503).end("down for repairs");
    const id = headers["svix-id"] ?? "";
    open.set(id, (open.get(id) ?? 0) + 1);
    mostOpen = Math.max(mostOpen, open.get(id) ?? 0);
    if (answer === "slow") await sleep(SLOW_MS);
    open.set(id, (open.get(id) ?? 0) - 1);
    return response.writeHead(204).end();
  });
  url = `http://127.0.0.1:${port}/hook`;
});
afterEach(async () => {
  for (const server of servers) await server.end();
  await sockets.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<ServerProcess> {
  const server = await startServer(directory, {
    DATABASE_URL: database.url,
    ROOKERY_SERVICES: "http,worker",
  });
  servers.push(server);
  return server;
}

const eventShape = z.object({
  event_id: z.string(),
  state: z.string(),
  attempts: z.number(),
  outcome: z.string().optional(),
  response_status_code: z.number().optional(),
  response: z.string().optional(),
  next_attempt_at: z.string().optional(),
});
const eventsShape = z.object({ events: z.array(eventShape), kept_since: z.string() });

async function call<Shape extends z.ZodType>(
  { baseUrl, rootKey }: ServerProcess,
  shape: Shape,
  method: string,
  path: string,
  body?: object,
): Promise<z.infer<Shape>> {
  const headers = { authorization: `Bearer ${rootKey}`, "content-type": "application/json" };
  const response = await fetch(`${baseUrl}/v0${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect(response.ok, text).toBe(true);
  return shape.parse(JSON.parse(text));
}

interface Endpoint {
  readonly id: string;
  readonly secret: string;
}

/** An endpoint that hears of sends, and so many of them. */
async function endpoint(server: ServerProcess, sends: number): Promise<Endpoint> {
  const client = new AgentMailClient({ baseUrl: server.baseUrl, apiKey: server.rootKey });
  const { inboxId } = await client.inboxes.create({});
  const { webhookId, secret } = await client.webhooks.create({ url, eventTypes: ["message.sent"] });
  for (let n = 0; n < sends; n++)
    await client.inboxes.messages.send(inboxId, { to: "x@outside.test", subject: `${n}` });
  return { id: webhookId, secret };
}
const events = async (server: ServerProcess, { id }: Endpoint, query = "") =>
  (await call(server, eventsShape, "GET", `/webhooks/${id}/events${query}`)).events;
const allAre = async (server: ServerProcess, at: Endpoint, state: string, count: number): Promise<boolean> =>
  (await events(server, at, `?state=${state}`)).length === count;
const resend = (server: ServerProcess, { id }: Endpoint, eventId: string) =>
  call(server, eventShape, "POST", `/webhooks/${id}/events/${eventId}/resend`);
const svixIds = (): (string | undefined)[] => told.map(({ headers }) => headers["svix-id"]);

test("an endpoint that fails is listed with its answer and, mended, is sent the event again: the same id, signed anew", async () => {
  const server = await start();
  answer = "503";
  const hook = await endpoint(server, 1);
  await eventually("the first attempt", async () => (await events(server, hook))[0]?.attempts === 1);
  const [failed] = await events(server, hook, "?state=pending&event_types=message.sent");
  expect(failed).toMatchObject({ state: "pending", outcome: "refused", response_status_code: 503 });
  expect(failed).not.toHaveProperty("response");
  const path = `/webhooks/${hook.id}/events/${failed?.event_id}`;
  expect(await call(server, eventShape, "GET", path)).toMatchObject({ response: "down for repairs" });
  answer = "204";
  // By the id that the receiver has of it.
  expect(await resend(server, hook, svixIds()[0] ?? "")).toMatchObject({ state: "pending" });
  await eventually("it delivered", () => allAre(server, hook, "delivered", 1));
  const last = told.at(-1);
  new Webhook(hook.secret).verify(last?.body ?? "", last?.headers ?? {});
  expect(JSON.parse(last?.body ?? "")).toMatchObject({ event_id: failed?.event_id });
  expect(new Set(svixIds()).size).toBe(1);
  const attempts = z.object({
    attempts: z.array(z.object({ outcome: z.string(), response: z.string().optional() })),
  });
  const all = await call(server, attempts, "GET", `${path}/attempts`);
  expect(all.attempts.at(0)).toEqual({ outcome: "delivered" });
  expect(all.attempts.at(-1)).toEqual({ outcome: "refused", response: "down for repairs" });
});

test("a server that is killed between its answer and the delivery has promised both a resend and what it recovers", async () => {
  const first = await start();
  const hook = await endpoint(first, 2);
  await eventually("both delivered", () => allAre(first, hook, "delivered", 2));
  const ids = svixIds();
  const [one, two] = await events(first, hook);
  // The endpoint asks not to be sent it again, or is gone for too long.
  const worker = new pg.Client({ connectionString: database.url, options: "-c role=rookery_worker" });
  await worker.connect();
  await worker.query("update webhook_deliveries set state = 'failed' where event_id = $1", [two?.event_id]);
  await worker.end();
  answer = "never";
  told = [];
  const recovered = z.object({ count: z.number(), has_more: z.boolean() });
  const since = { since: "2020-01-01T00:00:00Z" };
  const path = `/webhooks/${hook.id}/recover`;
  expect(await call(first, recovered, "POST", path, since)).toEqual({ count: 1, has_more: false });
  expect(await call(first, recovered, "POST", path, since)).toEqual({ count: 0, has_more: false });
  expect(await resend(first, hook, one?.event_id ?? "")).toMatchObject({ state: "pending" });
  await first.kill();
  servers = [];
  answer = "204";
  told = [];
  const second = await start();
  await eventually("both delivered again", () => allAre(second, hook, "delivered", 2));
  expect(svixIds().toSorted()).toEqual(ids.toSorted());
  for (const { headers, body } of told) new Webhook(hook.secret).verify(body, headers);
});

test("of two processes that are asked to send the same events again, one does, and never two at once", async () => {
  const [first, second] = [await start(), await start()];
  const hook = await endpoint(first, 12);
  await eventually("all delivered", () => allAre(first, hook, "delivered", 12));
  answer = "slow";
  told = [];
  const all = await events(first, hook);
  await Promise.all(
    [first, second, first, second].flatMap((server) => all.map((one) => resend(server, hook, one.event_id))),
  );
  await eventually("all delivered again", () => allAre(second, hook, "delivered", 12));
  expect(mostOpen).toBe(1);
  expect(new Set(svixIds()).size).toBe(12);
});
