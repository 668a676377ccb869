/** The process that sends to another server is killed (SIGKILL) at each step of its sessions, over and over. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AgentMailClient } from "agentmail";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { type Internet, startInternet } from "../support/internet/internet.ts";
import type { MailHost, Step } from "../support/internet/mail-host.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";

/** Where it is killed: when the other server has read this, before it answers; MESSAGE is answered all the same. */
const steps: readonly Step[] = ["GREETING", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "MESSAGE"];
/** Rounds of all steps. By hand more, in which the sender alone is the process, as a server takes longer to start than to be killed. */
const ROUNDS = Number(process.env["OUTBOUND_KILL_ROUNDS"] ?? 1);
const isServer = process.env["OUTBOUND_KILL_ROUNDS"] === undefined;
const MAILS = 6;
/** For one round: seconds, on a machine that does much else. */
const ROUND_MS = 180_000;

let internet: Internet;
let host: MailHost;
let database: TestDatabase;
let worker: pg.Client;
let directory: string;
/** Takes the mails, and is not killed: what becomes of requests is tested with other crashes. */
let api: ServerProcess;
beforeAll(async () => {
  internet = await startInternet();
  host = await internet.domain("peer.test");
  database = await createDatabase();
  worker = new pg.Client({ connectionString: database.url, options: "-c role=rookery_worker" });
  await worker.connect();
  directory = await mkdtemp(join(tmpdir(), "rookery-kills-"));
  api = await startServer(directory, { ...settings(), ROOKERY_SERVICES: "http" });
  await trustOwnDomain(api);
});
afterAll(async () => {
  await api.end();
  await worker.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
  internet.close();
});

const sealKey = randomBytes(32).toString("hex");

const settings = (): Readonly<Record<string, string>> => ({
  DATABASE_URL: database.url,
  ROOKERY_SEAL_KEY: sealKey,
  ROOKERY_OUTBOUND: "direct",
  ROOKERY_OUTBOUND_PORT: String(internet.port),
  ROOKERY_DNS_SERVERS: internet.dns.server,
  ROOKERY_DOMAIN: "sender.test",
  // Many rounds are more mail than a new domain may send on its first day.
  ROOKERY_OUTBOUND_WARM_UP: "0",
});

interface Sender {
  /** kill -9, at once. */
  kill(): Promise<void>;
}

const startSender = (): Promise<Sender> =>
  isServer ? startServer(directory, { ...settings(), ROOKERY_SERVICES: "worker" }) : startSenderAlone();

const senderAlone = fileURLToPath(new URL("../support/outbound-sender.ts", import.meta.url));

async function startSenderAlone(): Promise<Sender> {
  const env = {
    ...settings(),
    ROOKERY_ALLOW_PRIVATE_TARGETS: "1",
    NODE_COMPILE_CACHE: fileURLToPath(new URL("../../node_modules/.cache/rookery", import.meta.url)),
  };
  const child: ChildProcess = spawn(process.execPath, [senderAlone], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Its mail may leave: nothing that the domain's owner would publish is there to be verified. */
async function trustOwnDomain({ baseUrl, rootKey }: ServerProcess): Promise<void> {
  const headers = { authorization: `Bearer ${rootKey}` };
  for (const path of ["/v0/installation/domain", "/v0/domains/sender.test/trust"])
    expect((await fetch(baseUrl + path, { method: "PUT", headers })).status, path).toBe(200);
}

/** Starts a sender that is killed at the first such step. Resolves when it has been. */
async function sendUntil(step: Step): Promise<void> {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  let isReached = false;
  let sender: Sender | null = null;
  const kill = async (): Promise<void> => {
    if (!isReached || sender === null) return;
    await sender.kill();
    resolve();
  };
  host.script = {
    answer(asked) {
      if (asked !== step || isReached) return null;
      isReached = true;
      host.script = {};
      void kill();
      return asked === "MESSAGE" ? null : "silent";
    },
  };
  sender = await startSender();
  await kill();
  await reached;
}

/** All are accepted. @returns their subjects */
async function send(round: number, step: Step): Promise<string[]> {
  const client = new AgentMailClient({ baseUrl: api.baseUrl, apiKey: api.rootKey });
  const { inboxId } = await client.inboxes.create({ username: "agent", clientId: "agent" });
  const subjects = Array.from({ length: MAILS }, (_, n) => `${step} ${round} ${n}`);
  await Promise.all(
    subjects.map((subject) =>
      client.inboxes.messages.send(inboxId, { to: ["you@peer.test"], subject, text: "Hi" }),
    ),
  );
  return subjects;
}

/** Has rows in this state be due now: those of a killed process as when their leases had ended. */
const makeDue = (state: "sending" | "deferred") =>
  worker.query(
    "update outbound_deliveries set next_attempt_at = now() where domain is not null and state = $1",
    [state],
  );

const waiting = async (): Promise<number> => {
  const { rows } = await worker.query<{ count: number }>(
    "select count(*)::integer from outbound_deliveries where domain is not null and state in ('queued', 'sending', 'deferred')",
  );
  return rows[0]?.count ?? 0;
};

/** Process ids of all other connections to the database. */
async function connections(): Promise<ReadonlySet<number>> {
  const { rows } = await worker.query<{ pid: number }>(
    "select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()",
  );
  return new Set(rows.map(({ pid }) => pid));
}

/** What a killed process had sent to PostgreSQL may be committed after its end: its leases are known once its connections are gone. */
const onlyThese = (before: ReadonlySet<number>): Promise<boolean> =>
  eventually("the killed process's connections have ended", async () =>
    [...(await connections())].every((pid) => before.has(pid)),
  );

/** Of each message, by subject: attempts whose outcome nobody knows. */
async function doubtsOf(): Promise<ReadonlyMap<string, number>> {
  const { rows } = await worker.query<{ subject: string; doubts: number }>(
    `select m.subject, d.doubts from outbound_deliveries d
     join messages m on m.pod_id = d.pod_id and m.id = d.message_uuid where d.domain is not null`,
  );
  return new Map(rows.map(({ subject, doubts }) => [subject, doubts]));
}

/** A sender that is let be sends what is left. */
async function sendRest(): Promise<void> {
  const sender = await startSender();
  const nothingWaits = (): Promise<boolean> =>
    eventually("nothing waits", async () => {
      await makeDue("deferred");
      return (await waiting()) === 0;
    });
  // A lease whose COMMIT got no answer, on a machine that gives too little, ends after two minutes: longer than that waits.
  await nothingWaits()
    .catch(nothingWaits)
    .catch(nothingWaits)
    .finally(() => sender.kill());
}

test(
  "a killed worker loses no mail, and sends none twice but what is counted as in doubt",
  async () => {
    const accepted: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const step of steps) {
        accepted.push(...(await send(round, step)));
        const before = await connections();
        await sendUntil(step);
        await onlyThese(before);
        await makeDue("sending");
        await makeDue("deferred");
      }
      await sendRest();
    }
    const arrived = host.messages.map(
      ({ raw }) => /^Subject: (.*)$/m.exec(raw.replaceAll("\r", ""))?.[1] ?? "",
    );
    const there = new Set(arrived);
    expect(accepted.filter((subject) => !there.has(subject))).toEqual([]);
    // Other sessions than the one it is killed in may be behind their 250 as well: each message for itself.
    const doubts = await doubtsOf();
    const copies = Map.groupBy(arrived, (subject) => subject);
    const uncounted = [...copies].filter(([subject, own]) => own.length - 1 > (doubts.get(subject) ?? 0));
    expect(uncounted.map(([subject]) => subject)).toEqual([]);
    expect(accepted).toHaveLength(ROUNDS * steps.length * MAILS);
    if (isServer) return;
    const doubtful = [...doubts.values()].filter((count) => count > 0).length;
    const twice = arrived.length - copies.size;
    console.log(
      `${ROUNDS * steps.length} kills, ${accepted.length} mails, ${arrived.length} arrived, ${twice} of them again; ${doubtful} in doubt`,
    );
  },
  ROUNDS * ROUND_MS,
);
