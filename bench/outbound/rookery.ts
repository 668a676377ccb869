/** A server that sends, and what of its queue a bench looks at. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { ask } from "../client.ts";
import { type Cpu, cpuOf } from "../cpu.ts";
import { type ServerProcess, startServer } from "../server.ts";
import { BODY_BYTES, type Load, submitAll } from "./load.ts";
import { domainName } from "./peers.ts";

const LOOK_MS = 50;
/** Inboxes that send. */
const SENDERS = 20;
/** Sends by API at once. */
const AT_ONCE = 16;

export interface Sender {
  readonly inbox: string;
  readonly key: string;
}

export interface Rookery {
  readonly server: ServerProcess;
  readonly client: pg.Client;
  readonly dataDir: string;
  /** Of one pod. What one inbox sends is counted under one lock, so that a single one would measure that. */
  readonly senders: readonly Sender[];
  /** As many, in a pod of their own. */
  addSenders(): Promise<readonly Sender[]>;
  end(): Promise<void>;
}

/** Has the server's own domain, whose records nobody publishes here, sign and send. */
async function trustOwnDomain({ baseUrl, rootKey }: ServerProcess): Promise<void> {
  const headers = { authorization: `Bearer ${rootKey}` };
  for (const path of ["/v0/installation/domain", "/v0/domains/rookery.localhost/trust"]) {
    const answer = await fetch(baseUrl + path, { method: "PUT", headers });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  }
}

export async function startRookery(
  dataDir: string,
  settings: Readonly<Record<string, string>>,
): Promise<Rookery> {
  const server = await startServer(dataDir, settings);
  const client = new pg.Client({ host: join(dataDir, "socket"), user: "postgres", database: "rookery" });
  await client.connect();
  // PostgreSQL of a server that is killed ends with it.
  client.on("error", () => undefined);
  await trustOwnDomain(server);
  const end = async (): Promise<void> => {
    await client.end();
    await server.end();
  };
  const addSenders = (): Promise<readonly Sender[]> => makeSenders(server);
  return { server, client, dataDir, senders: await addSenders(), addSenders, end };
}

/** Inboxes of a pod of their own, with its key. */
async function makeSenders(server: ServerProcess): Promise<readonly Sender[]> {
  const call = (path: string, body: object) => ask(server, server.rootKey, path, body);
  const { pod_id: pod } = await call("/pods", {});
  const key = String((await call(`/pods/${pod}/api-keys`, { name: "bench" }))["api_key"]);
  const senders: Sender[] = [];
  for (let made = 0; made < SENDERS; made++) {
    const inbox = String((await call(`/pods/${pod}/inboxes`, {}))["inbox_id"]);
    senders.push({ inbox, key });
  }
  return senders;
}

/** Rows that wait for other servers, without those that are as old as fillQueue may make them. */
export async function waitingRows(
  { client }: Pick<Rookery, "client">,
  states = "'queued', 'sending', 'deferred'",
): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer from outbound_deliveries
     where domain is not null and state in (${states}) and created_at > '2001-01-01'`,
  );
  return rows[0]?.count ?? 0;
}

export async function untilSent(rookery: Pick<Rookery, "client">, states?: string): Promise<void> {
  while ((await waitingRows(rookery, states)) > 0) await pause(LOOK_MS);
}

/** From the inbox whose turn it is. @returns how long the 200 took, milliseconds */
export async function sendOne({ server, senders }: Rookery, to: string, turn = 0): Promise<number> {
  const sender = senders[turn % senders.length] ?? { inbox: "", key: "" };
  const path = `/inboxes/${encodeURIComponent(sender.inbox)}/messages/send`;
  const began = performance.now();
  await ask(server, sender.key, path, { to, subject: "bench", text: "x".repeat(BODY_BYTES) });
  return performance.now() - began;
}

/** Sixteen at a time. @returns how long each took */
export async function sendAll(rookery: Rookery, messages: number, domains: number): Promise<number[]> {
  const took: number[] = [];
  let begun = 0;
  const lane = async (): Promise<void> => {
    for (let index = begun++; index < messages; index = begun++)
      took.push(await sendOne(rookery, `you${index}@${domainName(index % domains)}`, index));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return took;
}

export interface Measured {
  /** Messages a second, from the first offered to the last sent. */
  readonly rate: number;
  /** Until the last was accepted. */
  readonly acceptedRate: number;
  /** Milliseconds of CPU for one. */
  readonly cpu: Cpu;
  readonly age: { readonly p50: number; readonly p99: number };
}

/** @param way by which the mails come in @param states that are waited for to be empty */
export async function measure(
  rookery: Rookery,
  load: Omit<Load, "port" | "senders">,
  way: "submission" | "api",
  states?: string,
): Promise<Measured> {
  const { server, client, dataDir, senders } = rookery;
  const { rows: begin } = await client.query<{ now: Date }>("select now()");
  const [before, began] = [await cpuOf(server.pid, dataDir), performance.now()];
  if (way === "api") await sendAll(rookery, load.messages, load.domains);
  else await submitAll({ ...load, port: server.submissionPort, senders });
  const acceptedMs = performance.now() - began;
  await untilSent(rookery, states);
  const [elapsedMs, after] = [performance.now() - began, await cpuOf(server.pid, dataDir)];
  const { rows } = await client.query<{ sent: number; p50: number; p99: number }>(
    `select count(*)::float8 as sent, 1000 * percentile_cont(0.5) within group (order by age) as p50,
       1000 * percentile_cont(0.99) within group (order by age) as p99
     from (select extract(epoch from attempted_at - created_at)::float8 as age from outbound_deliveries
       where domain is not null and state = 'sent' and created_at >= $1) as sent`,
    [begin[0]?.now],
  );
  const { sent = 0, p50 = 0, p99 = 0 } = rows[0] ?? {};
  return {
    rate: (sent * 1000) / elapsedMs,
    acceptedRate: (load.messages * 1000) / acceptedMs,
    cpu: {
      node: (after.node - before.node) / load.messages,
      postgres: (after.postgres - before.postgres) / load.messages,
    },
    age: { p50, p99 },
  };
}

/** Rows of mail that was sent, copied so that they wait: none of their messages is new. @param values of `state`, `domain` and `next_attempt_at` */
export async function fillQueue(
  { client }: Pick<Rookery, "client">,
  count: number,
  { state, domain, due, createdAt }: { state: string; domain: string; due: string; createdAt: string },
): Promise<void> {
  await client.query(
    `insert into outbound_deliveries (pod_id, id, organization_id, inbox_id, message_uuid, raw_sha256, domain, recipients, state,
       created_at, updated_at, next_attempt_at, expires_at, return_path)
     select d.pod_id, gen_random_uuid(), d.organization_id, d.inbox_id, d.message_uuid, d.raw_sha256, ${domain},
       array['x@' || ${domain}], ${state}, ${createdAt}, now(), ${due}, now() + interval '5 days', d.return_path
     from (select * from outbound_deliveries where domain is not null limit 1) as d, generate_series(1, ${count}) as n`,
  );
  await client.query("analyze outbound_deliveries");
}
