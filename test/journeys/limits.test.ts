/** Limits of a policy, held by two processes on one database. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { nylasClient } from "../support/nylas.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { offerMail } from "../support/smtp-client.ts";

const CONNECTIONS = 16;

let database: TestDatabase;
let directory: string;
let servers: readonly [ServerProcess, ServerProcess];
let worker: pg.Client;
beforeAll(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), "rookery-limits-"));
  // One after the other: the second finds the keys that the first has made.
  const first = await startServer(directory, { DATABASE_URL: database.url });
  servers = [first, await startServer(directory, { DATABASE_URL: database.url })];
  worker = new pg.Client({ connectionString: database.url, options: "-c role=rookery_worker" });
  await worker.connect();
});
afterAll(async () => {
  await worker.end();
  for (const server of servers) await server.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

const serverOf = (index: number): ServerProcess => servers[index % 2 === 0 ? 0 : 1];
const clientOf = ({ baseUrl, rootKey }: ServerProcess) =>
  new AgentMailClient({ baseUrl, apiKey: rootKey, maxRetries: 0 });

/** A tenant whose inbox has a policy with these limits. */
async function tenant(limits: Record<string, number>) {
  const [{ baseUrl, rootKey }] = servers;
  const nylas = nylasClient(baseUrl, rootKey);
  const { data: policy } = await nylas.policies.create({ requestBody: { name: "Limited", limits } });
  const client = clientOf(servers[0]);
  const { podId } = await client.pods.create({});
  const { inboxId } = await client.pods.inboxes.create(podId, {});
  const set = (policyId: string | null) =>
    worker.query(
      "update pods set policy_id = $2, guardrails_version = guardrails_version + 1 where id = $1",
      [podId, policyId],
    );
  await set(policy.id);
  const change = (changed: Record<string, number>) =>
    nylas.policies.update({ policyId: policy.id, requestBody: { limits: changed } });
  return { inboxId, change };
}

async function send(server: ServerProcess, inboxId: string) {
  const answer = await fetch(`${server.baseUrl}/v0/inboxes/${encodeURIComponent(inboxId)}/messages/send`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.rootKey}`, "content-type": "application/json" },
    body: JSON.stringify({ to: ["human@outside.test"], text: "Hello" }),
  });
  return {
    status: answer.status,
    retryAfter: answer.headers.get("retry-after"),
    body: (await answer.json()) as Record<string, unknown>,
  };
}

/** @returns the reply that ends the offer of a mail */
const deliver = (port: number, to: string, id: string, { announced = "", text = "Hello" } = {}) =>
  offerMail(
    port,
    "a@outside.test",
    [to],
    `From: a@outside.test\r\nMessage-ID: <${id}@outside.test>\r\nSubject: Hello\r\n\r\n${text}\r\n`,
    announced,
  );

test("of sends on 16 connections to two processes exactly as many succeed as the day allows, and the others hear until when", async () => {
  const { inboxId, change } = await tenant({ limitCountDailyEmailSent: 20 });
  const lanes = Array.from({ length: CONNECTIONS }, async (_, lane) => [
    await send(serverOf(lane), inboxId),
    await send(serverOf(lane), inboxId),
  ]);
  const answers = (await Promise.all(lanes)).flat();
  const refused = answers.filter(({ status }) => status !== 200);
  expect(answers).toHaveLength(2 * CONNECTIONS);
  expect(refused).toHaveLength(2 * CONNECTIONS - 20);
  for (const { status, body, retryAfter } of refused) {
    expect(status).toBe(429);
    expect(body).toMatchObject({
      resource: "sent_per_day",
      limit: 20,
      used: 20,
      reset_at: expect.any(String),
    });
    expect(String(body["message"])).toMatch(/^Daily send limit reached: 20 of 20 used/);
    expect(Number(retryAfter)).toBeGreaterThan(0);
  }
  const { rows } = await worker.query("select from messages where direction = 'outbound'");
  expect(rows).toHaveLength(20);
  // A change holds with the next send in both.
  await change({ limitCountDailyEmailSent: 22 });
  expect([(await send(servers[1], inboxId)).status, (await send(servers[0], inboxId)).status]).toEqual([
    200, 200,
  ]);
  expect([(await send(servers[1], inboxId)).status, (await send(servers[0], inboxId)).status]).toEqual([
    429, 429,
  ]);
});

test("of mails on 16 SMTP connections to two processes exactly as many are taken as the day allows, and the others are 452 4.7.1", async () => {
  const { inboxId } = await tenant({ limitCountDailyMessageReceived: 10 });
  const outcomes = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, lane) => deliver(serverOf(lane).smtpPort, inboxId, `${lane}`)),
  );
  expect(outcomes.filter((reply) => reply.startsWith("250"))).toHaveLength(10);
  for (const reply of outcomes.filter((one) => !one.startsWith("250")))
    expect(reply).toMatch(/^452 4\.7\.1 /);
  expect(await deliver(servers[0].smtpPort, inboxId, "late")).toMatch(/^452 4\.7\.1 /);
  const { rows } = await worker.query("select from messages where direction = 'inbound'");
  expect(rows).toHaveLength(10);
});

test("what a mailbox does not take for its size is told when it is announced, or after the mail", async () => {
  const { inboxId } = await tenant({ limitSizeTotalMime: 1000 });
  const [{ smtpPort }] = servers;
  expect(await deliver(smtpPort, inboxId, "announced", { announced: " SIZE=2000" })).toMatch(/^552 5\.3\.4 /);
  expect(await deliver(smtpPort, inboxId, "large", { text: "x".repeat(2000) })).toMatch(/^552 5\.3\.4 /);
  expect(await deliver(smtpPort, inboxId, "small")).toMatch(/^250 /);
});
