/**
 * Mail for other servers: a backlog that a process without a worker has taken, handed to smtp-sink (Debian's postfix package) on this
 * machine by a process that starts, over one domain and over many; and what the queue costs while a million rows wait in it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { startNameServer } from "../test/support/internet/name-server.ts";
import type { Zone } from "../test/support/internet/zone.ts";
import { type ServerProcess, startServer } from "../test/support/server-process.ts";
import { ask } from "./client.ts";
import { cpuOf, cpuPer } from "./cpu.ts";
import { type Figures, ms, percentile } from "./report.ts";

const SINK = "/usr/sbin/smtp-sink";
const MESSAGES = 2000;
const DOMAINS = 1000;
const WAITING = 1_000_000;
const BODY_BYTES = 5000;
const AT_ONCE = 16;
const LOOK_MS = 50;
const SENDS = 100;

/** A free port, which the sink then takes. */
async function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const address = probe.address();
    probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
  });
  return promise;
}

const domainName = (index: number): string => `d${index}.bench.test`;

/** The sink, and a name server by which every domain's mail is for it. */
async function peers(): Promise<{ settings: Record<string, string>; close: () => void }> {
  const port = await freePort();
  // It must not run as root: as whom its socket belongs to makes no difference here.
  const sink: ChildProcess = spawn(SINK, ["-u", "nobody", `127.0.0.1:${port}`, "1000"], { stdio: "ignore" });
  const zone: Zone = { "mx.bench.test": ["127.0.0.1"] };
  for (let index = 0; index < DOMAINS; index++) zone[domainName(index)] = { MX: ["10 mx.bench.test"] };
  const dns = await startNameServer(zone);
  return {
    settings: {
      ROOKERY_OUTBOUND: "direct",
      ROOKERY_OUTBOUND_PORT: String(port),
      ROOKERY_DNS_SERVERS: dns.server,
      ROOKERY_OUTBOUND_WARM_UP: "0",
    },
    close() {
      sink.kill();
      dns.close();
    },
  };
}

const call = (server: ServerProcess, path: string, body?: object) => ask(server, server.rootKey, path, body);

/** @returns sends from an inbox of a pod of its own, and how long the 200 took in milliseconds */
async function makeSender(server: ServerProcess): Promise<(to: string) => Promise<number>> {
  const { pod_id } = await call(server, "/pods", {});
  const { inbox_id } = await call(server, `/pods/${pod_id}/inboxes`, {});
  const path = `/inboxes/${encodeURIComponent(String(inbox_id))}/messages/send`;
  return async (to) => {
    const began = performance.now();
    await call(server, path, { to, subject: "bench", text: "x".repeat(BODY_BYTES) });
    return performance.now() - began;
  };
}

async function sendAll(server: ServerProcess, count: number, domains: number): Promise<number[]> {
  const send = await makeSender(server);
  const took: number[] = [];
  let begun = 0;
  const lane = async (): Promise<void> => {
    for (let index = begun++; index < count; index = begun++)
      took.push(await send(`you${index}@${domainName(index % domains)}`));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return took;
}

const waitingRows = async (client: pg.Client): Promise<number> => {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer from outbound_deliveries
     where domain is not null and state in ('queued', 'sending', 'deferred') and created_at > '2001-01-01'`,
  );
  return rows[0]?.count ?? 0;
};

type Rows = (readonly [string, string])[];

async function drain(dataDir: string, settings: Record<string, string>, domains: number): Promise<Rows> {
  const taking = await startServer(dataDir, { ...settings, ROOKERY_SERVICES: "http,smtp" });
  await sendAll(taking, MESSAGES, domains);
  await taking.end();
  const server = await startServer(dataDir, settings);
  const client = new pg.Client({ host: join(dataDir, "socket"), user: "postgres", database: "rookery" });
  try {
    await client.connect();
    const before = await cpuOf(server.pid, dataDir);
    const [first, began] = [await waitingRows(client), performance.now()];
    while ((await waitingRows(client)) > 0) await pause(LOOK_MS);
    const [elapsedMs, after] = [performance.now() - began, await cpuOf(server.pid, dataDir)];
    return [
      [
        `backlog of ${MESSAGES} mails over ${domains} domains, sent`,
        `${((first * 1000) / elapsedMs).toFixed(0)} a second`,
      ],
      [`CPU of each, ${domains} domains`, cpuPer(before, after, first)],
    ];
  } finally {
    await client.end();
    await server.end();
  }
}

/** A million rows of one pod that wait, half of them due for a domain whose server cannot be reached. */
async function fillQueue(client: pg.Client): Promise<void> {
  await client.query(
    `insert into outbound_deliveries (pod_id, id, organization_id, inbox_id, message_uuid, raw_sha256, domain, recipients, state,
       created_at, updated_at, next_attempt_at, expires_at)
     select d.pod_id, gen_random_uuid(), d.organization_id, d.inbox_id, d.message_uuid, d.raw_sha256, 'w' || n % 1000 || '.bench.test',
       array['x@bench.test'], 'deferred', '2000-01-01', now(), now() + interval '1 day', now() + interval '5 days'
     from (select * from outbound_deliveries where domain is not null limit 1) as d, generate_series(1, ${WAITING}) as n`,
  );
  await client.query("analyze outbound_deliveries");
}

/** What one more mail costs while they wait. */
async function besideBacklog(dataDir: string, settings: Record<string, string>): Promise<Rows> {
  const server = await startServer(dataDir, settings);
  const client = new pg.Client({ host: join(dataDir, "socket"), user: "postgres", database: "rookery" });
  try {
    await client.connect();
    const empty = await sendAll(server, SENDS, 1);
    while ((await waitingRows(client)) > 0) await pause(LOOK_MS);
    await fillQueue(client);
    const idleBefore = await cpuOf(server.pid, dataDir);
    await pause(10_000);
    const idleAfter = await cpuOf(server.pid, dataDir);
    const full = await sendAll(server, SENDS, 1);
    const began = performance.now();
    while ((await waitingRows(client)) > 0) await pause(LOOK_MS);
    return [
      ["API send, nothing waits: p50, p99", `${ms(percentile(empty, 0.5))}, ${ms(percentile(empty, 0.99))}`],
      [
        `API send, ${WAITING.toLocaleString("en")} rows wait: p50, p99`,
        `${ms(percentile(full, 0.5))}, ${ms(percentile(full, 0.99))}`,
      ],
      ["those are sent after the last of them by", ms(performance.now() - began)],
      ["CPU of a second beside them, idle", cpuPer(idleBefore, idleAfter, 10)],
    ];
  } finally {
    await client.end();
    await server.end();
  }
}

/** @param dataDir of the server, whose PostgreSQL's CPU is counted */
export async function outbound(server: ServerProcess, dataDir: string): Promise<Figures> {
  await server.end();
  const { settings, close } = await peers();
  try {
    return {
      name: `outbound: mails of ${BODY_BYTES} bytes to smtp-sink`,
      rows: [
        ...(await drain(dataDir, settings, 1)),
        ...(await drain(dataDir, settings, DOMAINS)),
        ...(await besideBacklog(dataDir, settings)),
      ],
    };
  } finally {
    close();
  }
}
