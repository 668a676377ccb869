/**
 * From the 250 of a mail to its webhook at an endpoint that refused it once, five seconds of which are the schedule's: alone, and
 * while ten thousand retries of another tenant are due all the time.
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { openSockets, type Sockets } from "../test/support/sockets.ts";
import { ask, fillInbox, makeTenant, openSession, sendMail, type Tenant } from "./client.ts";
import { cpuOf } from "./cpu.ts";
import { type Figures, ms, percentile } from "./report.ts";
import type { ServerProcess } from "./server.ts";

const MAILS = 40;
const BETWEEN_MS = 250;
/** Each mail of the backlog is as many deliveries as there are endpoints. */
const [BACKLOG_MAILS, BACKLOG_ENDPOINTS] = [100, 100] as const;
/** Milliseconds in which every webhook must have come. */
const PATIENCE_MS = 120_000;
/** Between two times of making the whole backlog due. */
const DUE_AGAIN_MS = 1000;

/** When the second try of each was answered, by Message-ID. */
type Told = Map<string, number>;

/** Refuses what comes to /never, and everything else once. */
async function openReceiver(sockets: Sockets, told: Told): Promise<string> {
  const refused = new Set<string>();
  const port = await sockets.http(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const id = String(JSON.parse(body).message?.message_id);
    const isRefused = request.url === "/never" || !refused.has(id);
    if (request.url !== "/never") refused.add(id);
    response.writeHead(isRefused ? 500 : 204).end();
    if (!isRefused) told.set(id, performance.now());
  });
  return `http://127.0.0.1:${port}`;
}

const addWebhook = (server: ServerProcess, { pod, key }: Tenant, url: string): Promise<unknown> =>
  ask(server, key, `/pods/${pod}/webhooks`, { url, event_types: ["message.received"] });

/** Mails at a steady rate. @returns milliseconds from each 250 to its second try */
async function run(server: ServerProcess, inbox: string, told: Told, name: string): Promise<number[]> {
  const accepted = new Map<string, number>();
  const session = await openSession(server.smtpPort);
  for (let index = 0; index < MAILS; index++) {
    const id = `<${name}-${index}@bench.test>`;
    await sendMail(session, [inbox], id);
    accepted.set(id, performance.now());
    await pause(BETWEEN_MS);
  }
  session.close();
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await pause(20))
    if ([...accepted.keys()].every((id) => told.has(id))) break;
  return [...accepted].map(([id, at]) => (told.get(id) ?? Number.POSITIVE_INFINITY) - at);
}

const figureOf = (samples: readonly number[]): string => {
  const came = samples.filter(Number.isFinite);
  return `p50 ${ms(percentile(came, 0.5))}, p99 ${ms(percentile(came, 0.99))}, ${came.length} of ${samples.length} told again`;
};

/** @param dataDir of the server, in whose database the backlog is made due */
export async function retries(server: ServerProcess, dataDir: string): Promise<Figures> {
  const told: Told = new Map();
  const sockets = openSockets();
  const db = new pg.Client({ host: join(dataDir, "socket"), user: "postgres", database: "rookery" });
  await db.connect();
  try {
    const url = await openReceiver(sockets, told);
    const neighbour = await makeTenant(server, "neighbour", 1);
    const [inbox = ""] = neighbour.inboxes;
    await addWebhook(server, neighbour, `${url}/once`);
    await run(server, inbox, told, "warm");
    const alone = await run(server, inbox, told, "alone");
    const failing = await makeTenant(server, "failing", 1);
    for (let index = 0; index < BACKLOG_ENDPOINTS; index++) await addWebhook(server, failing, `${url}/never`);
    await fillInbox(server, failing.inboxes[0] ?? "", BACKLOG_MAILS);
    const makeDue = () =>
      db.query(
        `update webhook_deliveries set next_attempt_at = now(), attempts = least(attempts, 1)
         where pod_id = $1 and state = 'pending' and next_attempt_at > now()`,
        [failing.pod],
      );
    let isOver = false;
    let due = 0;
    const keepDue = (async () => {
      for (; !isOver; await pause(DUE_AGAIN_MS)) due += (await makeDue()).rowCount ?? 0;
    })();
    await pause(DUE_AGAIN_MS);
    const before = await cpuOf(server.pid, dataDir);
    const began = performance.now();
    const beside = await run(server, inbox, told, "beside");
    const seconds = (performance.now() - began) / 1000;
    const after = await cpuOf(server.pid, dataDir);
    isOver = true;
    await keepDue;
    const share = (ms: number): string => `${(ms / seconds / 10).toFixed(0)} %`;
    return {
      name: "retries: 250 of a mail to its webhook at an endpoint that refused it once",
      rows: [
        ["alone", figureOf(alone)],
        [`behind ${BACKLOG_MAILS * BACKLOG_ENDPOINTS} of another tenant`, figureOf(beside)],
        [
          "meanwhile",
          `${(due / seconds).toFixed(0)} of them tried a second; Node ${share(after.node - before.node)}, PostgreSQL ${share(after.postgres - before.postgres)} of a core`,
        ],
      ],
    };
  } finally {
    await db.end();
    await sockets.end();
  }
}
