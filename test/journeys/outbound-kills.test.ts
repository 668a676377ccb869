/** The process that sends to another server is killed (SIGKILL) at each step of its sessions, over and over. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
/** Rounds of all steps; more by hand. */
const ROUNDS = Number(process.env["OUTBOUND_KILL_ROUNDS"] ?? 1);
const MAILS = 6;

let internet: Internet;
let host: MailHost;
let database: TestDatabase;
let worker: pg.Client;
let directory: string;
beforeAll(async () => {
  internet = await startInternet();
  host = await internet.domain("peer.test");
  database = await createDatabase();
  worker = new pg.Client({ connectionString: database.url, options: "-c role=rookery_worker" });
  await worker.connect();
  directory = await mkdtemp(join(tmpdir(), "rookery-kills-"));
});
afterAll(async () => {
  await worker.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
  internet.close();
});

const start = (): Promise<ServerProcess> =>
  startServer(directory, {
    DATABASE_URL: database.url,
    ROOKERY_OUTBOUND: "direct",
    ROOKERY_OUTBOUND_PORT: String(internet.port),
    ROOKERY_DNS_SERVERS: internet.dns.server,
    ROOKERY_DOMAIN: "sender.test",
  });

/** Its mail may leave: nothing that the domain's owner would publish is there to be verified. */
async function trustOwnDomain({ baseUrl, rootKey }: ServerProcess): Promise<void> {
  const headers = { authorization: `Bearer ${rootKey}` };
  for (const path of ["/v0/installation/domain", "/v0/domains/sender.test/trust"])
    expect((await fetch(baseUrl + path, { method: "PUT", headers })).status, path).toBe(200);
}

/** Kills at the first such step from now on. Resolves when it has. */
function killAt(step: Step, server: ServerProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // A session that is kept for the next mail would pass the first steps over.
  host.dropAll();
  host.script = {
    answer(asked) {
      if (asked !== step) return null;
      host.script = {};
      resolve(server.kill());
      return asked === "MESSAGE" ? null : "silent";
    },
  };
  return promise;
}

/** @returns the subjects of those that were accepted */
async function send(server: ServerProcess, subjects: readonly string[]): Promise<string[]> {
  const client = new AgentMailClient({ baseUrl: server.baseUrl, apiKey: server.rootKey });
  const { inboxId } = await client.inboxes.create({ username: "agent", clientId: "agent" });
  const tried = await Promise.allSettled(
    subjects.map((subject) =>
      client.inboxes.messages.send(
        inboxId,
        { to: ["you@peer.test"], subject, text: "Hi" },
        { maxRetries: 0 },
      ),
    ),
  );
  return subjects.filter((_, index) => tried[index]?.status === "fulfilled");
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

/** What a killed process had sent to PostgreSQL may be committed after its end: its leases are known once its connections are gone. */
const connectionsEnded = (): Promise<boolean> =>
  eventually("the killed process's connections have ended", async () => {
    const { rows } = await worker.query<{ count: number }>(
      "select count(*)::integer from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    return rows[0]?.count === 0;
  });

/** Of each message, by subject: attempts whose outcome nobody knows. */
async function doubtsOf(): Promise<ReadonlyMap<string, number>> {
  const { rows } = await worker.query<{ subject: string; doubts: number }>(
    `select m.subject, d.doubts from outbound_deliveries d
     join messages m on m.pod_id = d.pod_id and m.id = d.message_uuid where d.domain is not null`,
  );
  return new Map(rows.map(({ subject, doubts }) => [subject, doubts]));
}

test(
  "a killed worker loses no mail, and sends none twice but what is counted as in doubt",
  async () => {
    let server = await start();
    await trustOwnDomain(server);
    const accepted: string[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++)
        for (const step of steps) {
          const killed = killAt(step, server);
          const subjects = Array.from({ length: MAILS }, (_, n) => `${step} ${round} ${n}`);
          const [sent] = await Promise.all([send(server, subjects), killed]);
          accepted.push(...sent);
          await connectionsEnded();
          await makeDue("sending");
          server = await start();
          await eventually("nothing waits", async () => {
            await makeDue("deferred");
            return (await waiting()) === 0;
          });
        }
    } finally {
      await server.end();
    }
    const arrived = host.messages.map(
      ({ raw }) => /^Subject: (.*)$/m.exec(raw.replaceAll("\r", ""))?.[1] ?? "",
    );
    expect(accepted.filter((subject) => !arrived.includes(subject))).toEqual([]);
    // Other sessions than the one it is killed in may be behind their 250 as well: each message for itself.
    const doubts = await doubtsOf();
    const uncounted = [...Map.groupBy(arrived, (subject) => subject)].filter(
      ([subject, copies]) => copies.length - 1 > (doubts.get(subject) ?? 0),
    );
    expect(uncounted).toEqual([]);
    expect(accepted.length).toBeGreaterThan(0);
  },
  ROUNDS * 120_000,
);
