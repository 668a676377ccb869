/**
 * Messages a second through SMTP, 5 KB each, to committed, threaded and with their event; what is counted is what the API
 * then lists. The rate is Postfix's smtp-source's when it is there, and our own client's; latency from the end of DATA to
 * its 250 is always our own client's. Beside it, when they are there, the rate of Postfix with Dovecot under the same load.
 * The CPU of a mail is that of all processes that serve it, without the client's: on a busy machine it says more than a rate. What a
 * load leaves to be done, such as to index its mail, is waited for before the next one.
 */

import { setTimeout as pause } from "node:timers/promises";
import { ask, openSession } from "./client.ts";
import { type Cpu, cpuOf } from "./cpu.ts";
import { type Comparison, postfixDovecot } from "./postfix-dovecot.ts";
import { type Figures, ms, percentile } from "./report.ts";
import type { ServerProcess } from "./server.ts";
import { type Burst, isInstalled, SMTP_SOURCE, smtpSource } from "./smtp-source.ts";

const MESSAGES = 6000;
const WARM_UP_MESSAGES = 1000;
/** At one session, for the latency without a queue. */
const SERIAL_MESSAGES = 300;
/** With a connection for each mail: few, since each waits for its greeting. */
const CONNECTION_MESSAGES = 600;
const SESSIONS = 20;
const BODY_BYTES = 5000;
/** Pages of an inbox's list that are read to count what was stored; ten times what there can be. */
const MAX_PAGES = 150;

/** Looks at a server until it is quiet: it is when so many in a row find so little CPU used since the last one. An idle one takes a third of that. */
const [LOOK_MS, QUIET_LOOKS, QUIET_CPU_MS, MAX_LOOKS] = [500, 2, 40, 120];

const INBOX = "bench@rookery.localhost";
/** A load that is spread, because one mailbox is one lock for some servers. */
const SPREAD_INBOXES = Array.from({ length: 10 }, (_, index) => `bench${index}@rookery.localhost`);
const line = `${"Nulla dies sine linea. ".repeat(3)}\r\n`;
const body = line.repeat(Math.ceil(BODY_BYTES / line.length));

interface Load {
  readonly messages: number;
  readonly rate: number;
  /** Milliseconds from the end of DATA to its 250; none when smtp-source sent. */
  readonly samples: readonly number[];
  readonly cpu: Cpu;
  /** From then until the server had nothing left to do, such as to index the mail. */
  readonly cpuBehind: Cpu;
}

/** A server, and how to read the CPU that it has used. */
interface Measured extends ServerProcess {
  cpu(): Promise<Cpu>;
}

const spent = (before: Cpu, after: Cpu): Cpu => ({
  node: after.node - before.node,
  postgres: after.postgres - before.postgres,
});

/** Waits until what a load left to do is done, so that the next one is measured alone. @returns CPU that it took */
async function settle(server: Measured): Promise<Cpu> {
  const before = await server.cpu();
  let last = before;
  for (let look = 0, quiet = 0; look < MAX_LOOKS && quiet < QUIET_LOOKS; look++) {
    await pause(LOOK_MS);
    const now = await server.cpu();
    const { node, postgres } = spent(last, now);
    quiet = node + postgres < QUIET_CPU_MS ? quiet + 1 : 0;
    last = now;
  }
  return spent(before, last);
}

/** Runs a load of this many messages. @param send gives its samples */
async function load(
  server: Measured,
  messages: number,
  send: () => Promise<readonly number[]>,
): Promise<Load> {
  const before = await server.cpu();
  const began = performance.now();
  const samples = await send();
  const rate = messages / ((performance.now() - began) / 1000);
  const cpu = spent(before, await server.cpu());
  return { messages, rate, samples, cpu, cpuBehind: await settle(server) };
}

/** One session, its commands pipelined up to DATA. */
async function lane(server: ServerProcess, count: number, name: string): Promise<number[]> {
  const samples: number[] = [];
  const session = await openSession(server.smtpPort);
  for (let index = 0; index < count; index++) {
    session.write(`MAIL FROM:<a@outside.test>\r\nRCPT TO:<${INBOX}>\r\nDATA\r\n`);
    for (let reply = 0; reply < 3; reply++) await session.reply();
    const head = `From: a@outside.test\r\nTo: ${INBOX}\r\nSubject: bench\r\nMessage-ID: <${name}-${index}@bench>`;
    const began = performance.now();
    session.write(`${head}\r\n\r\n${body}.\r\n`);
    const reply = await session.reply();
    if (!reply.startsWith("250")) throw new Error(`the server said ${reply === "" ? "nothing" : reply}`);
    samples.push(performance.now() - began);
  }
  session.close();
  return samples;
}

function lanes(server: Measured, sessions: number, messages: number, name: string): Promise<Load> {
  const each = Math.ceil(messages / sessions);
  return load(server, each * sessions, async () => {
    const work = Array.from({ length: sessions }, (_, index) => lane(server, each, `${name}${index}`));
    return (await Promise.all(work)).flat();
  });
}

const burst = { messages: MESSAGES, sessions: SESSIONS, bodyBytes: BODY_BYTES, flags: ["-d"] } as const;

/** smtp-source's. @returns null where it is not installed */
async function sendBurst(server: Measured, sent: Burst): Promise<Load | null> {
  if (!(await isInstalled(SMTP_SOURCE))) return null;
  return load(server, sent.messages, async () => {
    await smtpSource(server.smtpPort, sent);
    return [];
  });
}

/** Every message of an inbox that the API lists. */
async function countStored(server: ServerProcess, inbox: string): Promise<number> {
  let stored = 0;
  let token = "";
  for (let page = 0; page < MAX_PAGES; page++) {
    const path = `/inboxes/${encodeURIComponent(inbox)}/messages?limit=1000${token}`;
    // Cast: the shape of a list in the API's own contract.
    const list = (await ask(server, server.rootKey, path)) as { count: number; next_page_token?: string };
    stored += list.count;
    if (list.next_page_token === undefined) return stored;
    token = `&page_token=${encodeURIComponent(list.next_page_token)}`;
  }
  return stored;
}

const rateOf = (load: Load | null): string =>
  load === null ? "not installed (Debian: postfix)" : `${load.rate.toFixed(0)} messages/s`;

const latencyOf = ({ samples }: Load): string =>
  `p50 ${ms(percentile(samples, 0.5))}, p99 ${ms(percentile(samples, 0.99))}`;

/** Of one mail, in milliseconds. */
function cpuEach(load: Load | null, when: "cpu" | "cpuBehind" = "cpu"): string {
  if (load === null) return "not installed (Debian: postfix)";
  const [node, postgres] = [load[when].node / load.messages, load[when].postgres / load.messages];
  return `Node ${node.toFixed(2)} + PostgreSQL ${postgres.toFixed(2)} = ${(node + postgres).toFixed(2)} ms a mail`;
}

type Rows = Figures["rows"];

/** One row for each storage format and number of mailboxes, with what ours is beside it; or why there is none. */
function comparisonRows(comparison: Comparison | string, ours: ReadonlyMap<number, Load | null>): Rows {
  if (typeof comparison === "string") return [["Postfix -> Dovecot LMTP", `not compared: ${comparison}`]];
  return comparison.rates.map(({ format, mailboxes, rate, cpuMs }) => {
    const ratio = ((ours.get(mailboxes)?.rate ?? Number.NaN) / rate).toFixed(1);
    const what = `${comparison.versions} LMTP, ${format}, ${mailboxes} mailbox${mailboxes === 1 ? "" : "es"}`;
    const cpu = `CPU ${cpuMs.toFixed(2)} ms a mail`;
    return [
      what,
      `${rate.toFixed(0)} messages/s, until the last is in its mailbox; ours : theirs ${ratio}; ${cpu}`,
    ];
  });
}

/** @throws when a mail that was answered with 250 is not there afterwards */
export async function ingest(process: ServerProcess, directory: string): Promise<Figures> {
  const server: Measured = { ...process, cpu: () => cpuOf(process.pid, directory) };
  // Before ours: our server, while it has nothing yet that it could tidy in the background, takes nothing from them.
  const comparison = await postfixDovecot(burst, [1, SPREAD_INBOXES.length]);
  for (const inbox of [INBOX, ...SPREAD_INBOXES])
    await ask(server, server.rootKey, "/inboxes", { username: inbox.split("@")[0] });
  const warmUp = await lanes(server, SESSIONS, WARM_UP_MESSAGES, "warm");
  const source = await sendBurst(server, { ...burst, recipients: [INBOX] });
  const spread = await sendBurst(server, { ...burst, recipients: SPREAD_INBOXES });
  const loaded = await lanes(server, SESSIONS, MESSAGES, "load");
  const serial = await lanes(server, 1, SERIAL_MESSAGES, "idle");
  const eachItsOwn = { ...burst, messages: CONNECTION_MESSAGES, flags: [] };
  const connections = await sendBurst(server, { ...eachItsOwn, recipients: [INBOX] });
  const loads = [warmUp, source, spread, loaded, serial, connections];
  const sent = loads.reduce((sum, load) => sum + (load?.messages ?? 0), 0);
  let stored = 0;
  for (const inbox of [INBOX, ...SPREAD_INBOXES]) stored += await countStored(server, inbox);
  if (stored !== sent) throw new Error(`${sent} mails were answered with 250, ${stored} are there`);
  return {
    name: `ingest: ${BODY_BYTES} byte mails over SMTP to committed, threaded, with event`,
    rows: [
      [`rate, smtp-source, ${SESSIONS} sessions, 1 inbox`, rateOf(source)],
      [`rate, smtp-source, ${SESSIONS} sessions, ${SPREAD_INBOXES.length} inboxes`, rateOf(spread)],
      ...comparisonRows(
        comparison,
        new Map([
          [1, source],
          [SPREAD_INBOXES.length, spread],
        ]),
      ),
      [`rate, own client, pipelining, ${SESSIONS} sessions`, rateOf(loaded)],
      ["rate, smtp-source, a connection each", rateOf(connections)],
      ["CPU, smtp-source, 1 inbox", cpuEach(source)],
      [`CPU, smtp-source, ${SPREAD_INBOXES.length} inboxes`, cpuEach(spread)],
      ["CPU, own client, pipelining, 1 inbox", cpuEach(loaded)],
      ["CPU behind the last 250, such as the search index's, own client", cpuEach(loaded, "cpuBehind")],
      [`DATA -> 250 at ${SESSIONS} sessions`, latencyOf(loaded)],
      ["DATA -> 250 at 1 session", latencyOf(serial)],
      ["committed", `${stored} of ${sent} answered with 250`],
    ],
  };
}
