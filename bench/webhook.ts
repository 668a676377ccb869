/**
 * From the 250 of a mail to its webhook at the receiver: alone, while a neighbour's endpoint never answers, and while
 * more of them do not than the first lane has places. Mail arrives at a steady rate, whatever the server does.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { SmtpSession } from "../test/support/smtp-client.ts";
import { ask, openSession, sendMail } from "./client.ts";
import { cpuOf, cpuPer } from "./cpu.ts";
import { type Figures, ms, percentile } from "./report.ts";
import type { ServerProcess } from "./server.ts";
import { openReceiver } from "./webhook-receiver.ts";

const TENANTS = 10;
const PER_SECOND = 50;
const MESSAGES = 500;
const WARM_UP_MESSAGES = 100;
/** Milliseconds after the last mail in which every webhook must have come. */
const TIMEOUT_MS = 30_000;
const DEAD_CROWD = 20;

interface Inbox {
  readonly address: string;
}

/** When each webhook arrived, by the Message-ID of its event. */
type Arrivals = Map<string, number>;

async function makeTenant(server: ServerProcess, name: string, url: string): Promise<Inbox> {
  const post = (path: string, body: object) => ask(server, server.rootKey, path, body);
  const { pod_id } = await post("/pods", { name });
  const { inbox_id } = await post(`/pods/${pod_id}/inboxes`, { username: name });
  await post(`/pods/${pod_id}/webhooks`, { url, event_types: ["message.received"] });
  return { address: String(inbox_id) };
}

const makeTenants = (server: ServerProcess, count: number, name: string, url: string): Promise<Inbox[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => makeTenant(server, `${name}-${index}`, url)));

/** Sends one mail. @returns when its 250 came */
async function send(session: SmtpSession, inbox: Inbox, id: string): Promise<number> {
  await sendMail(session, [inbox.address], id);
  return performance.now();
}

/** Mails to the inboxes in turn, begun at a steady rate. @returns milliseconds from each 250 to its webhook */
async function run(
  server: ServerProcess,
  inboxes: readonly Inbox[],
  arrivals: Arrivals,
  count: number,
  name: string,
): Promise<number[]> {
  const sessions = await Promise.all(inboxes.map(() => openSession(server.smtpPort)));
  const accepted = new Map<string, number>();
  const lanes = inboxes.map(async (inbox, lane) => {
    const session = sessions[lane];
    if (session === undefined) throw new Error("a session for each inbox");
    const began = performance.now();
    for (let index = lane; index < count; index += inboxes.length) {
      await pause(Math.max(0, began + (index * 1000) / PER_SECOND - performance.now()));
      const id = `<${name}-${index}@bench.test>`;
      accepted.set(id, await send(session, inbox, id));
    }
    session.close();
  });
  await Promise.all(lanes);
  for (const end = performance.now() + TIMEOUT_MS; performance.now() < end; await pause(20))
    if ([...accepted.keys()].every((id) => arrivals.has(id))) break;
  return [...accepted].map(([id, at]) => {
    const came = arrivals.get(id);
    if (came === undefined) throw new Error(`no webhook for ${id} within ${TIMEOUT_MS} ms`);
    return came - at;
  });
}

const figureOf = (samples: readonly number[]): string =>
  `p50 ${ms(percentile(samples, 0.5))}, p99 ${ms(percentile(samples, 0.99))}, all of ${samples.length} delivered`;

/** @param dataDir of the server, whose PostgreSQL's CPU is counted */
export async function webhook(server: ServerProcess, dataDir: string): Promise<Figures> {
  const arrivals: Arrivals = new Map();
  const receiver = await openReceiver((id, at) => arrivals.set(id, at));
  const { url } = receiver;
  try {
    const inboxes = await makeTenants(server, TENANTS, "tenant", `${url}/well`);
    await run(server, inboxes, arrivals, WARM_UP_MESSAGES, "warm");
    const before = await cpuOf(server.pid, dataDir);
    const alone = await run(server, inboxes, arrivals, MESSAGES, "alone");
    const cpu = cpuPer(before, await cpuOf(server.pid, dataDir), MESSAGES);
    const withDead = async (count: number, name: string): Promise<number[]> => {
      const dead = await makeTenants(server, count, name, `${url}/dead`);
      const session = await openSession(server.smtpPort);
      for (const [index, inbox] of dead.entries()) await send(session, inbox, `<${name}-${index}@dead.test>`);
      session.close();
      return run(server, inboxes, arrivals, MESSAGES, `beside-${name}`);
    };
    const besideOne = await withDead(1, "dead");
    const besideCrowd = await withDead(DEAD_CROWD, "crowd");
    return {
      name: `webhook: 250 of a mail to its webhook at the receiver, ${PER_SECOND} mails/s to ${TENANTS} tenants`,
      rows: [
        ["alone", figureOf(alone)],
        ["CPU for each, received and told", cpu],
        ["beside a dead endpoint", figureOf(besideOne)],
        [`beside ${DEAD_CROWD} more that just died`, figureOf(besideCrowd)],
      ],
    };
  } finally {
    await receiver.close();
  }
}
