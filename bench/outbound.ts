/**
 * Mail for other servers, signed: taken by submission and by API and handed to smtp-sink (Debian's postfix package) on this machine, beside
 * Postfix with OpenDKIM under the same load; then peers that defer, are slow or far away, a long queue, and a killed process.
 * `npm run bench -- outbound/plain` runs one profile.
 */
import { generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { dkimSigned } from "../src/protocols/dkim/index.ts";
import { cpuOf, cpuPer, treeCpuMs } from "./cpu.ts";
import { BODY_BYTES } from "./outbound/load.ts";
import { domainName, type PeerKind, startPeers } from "./outbound/peers.ts";
import { explainQueue } from "./outbound/plans.ts";
import { type Postfix, startPostfix, whatIsMissing } from "./outbound/postfix-opendkim.ts";
import {
  fillQueue,
  type Measured,
  measure,
  type Rookery,
  sendAll,
  sendOne,
  startRookery,
  untilSent,
  waitingRows,
} from "./outbound/rookery.ts";
import { type Figures, ms, percentile } from "./report.ts";
import type { ServerProcess } from "./server.ts";

const MESSAGES = Number(process.env["BENCH_MESSAGES"] ?? 2000);
const WARM_UP_MESSAGES = 200;
const DOMAINS = 1000;
/** Rounds of a comparison: each measures both, one after the other, so that what others do on the machine meets both. */
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 2);
const WAITING = Number(process.env["BENCH_WAITING"] ?? 1_000_000);
const BACKLOG = 100_000;
/** Milliseconds for which a backlog of that length is watched. */
const WATCHED_MS = 30_000;
const SENDS = 400;
const SIGNS = 5000;

type Rows = (readonly [string, string])[];

const perSecond = (rate: number): string => `${rate.toFixed(0)} a second`;
const ages = ({ age }: Pick<Measured, "age">): string => `${age.p50.toFixed(0)} and ${age.p99.toFixed(0)} ms`;

function ourRow({ rate, acceptedRate, cpu, ...measured }: Measured, baseline: number | null): string {
  const beside = baseline === null ? "" : ` (${(rate / baseline).toFixed(2)} x)`;
  return (
    `${perSecond(rate)}${beside}, accepted at ${acceptedRate.toFixed(0)}; CPU ${(cpu.node + cpu.postgres).toFixed(2)} ms each ` +
    `(${cpu.node.toFixed(2)} Node, ${cpu.postgres.toFixed(2)} PostgreSQL); age p50, p99 ${ages(measured)}`
  );
}

/** Beside Postfix, in turns. @param domains of recipients */
async function compared(
  dataDir: string,
  kind: PeerKind,
  domains: number,
  messages = MESSAGES,
): Promise<Rows> {
  const rows: [string, string][] = [];
  const peers = await startPeers(kind);
  const missing = await whatIsMissing();
  const postfix: Postfix | null = missing === null ? await startPostfix(peers, kind) : null;
  const rookery = await startRookery(dataDir, peers.settings);
  // What is deferred waits a minute at least.
  const states = kind === "deferring" ? "'queued', 'sending'" : undefined;
  const title = `${kind}, ${domains} domains`;
  try {
    await measure(rookery, { messages: WARM_UP_MESSAGES, domains, name: "warm-up" }, "submission", states);
    await postfix?.send({ messages: WARM_UP_MESSAGES, domains, name: "warm-up" });
    for (let round = 1; round <= ROUNDS; round++) {
      const load = { messages, domains, name: `${kind}-${domains}-${round}` };
      const theirs = (await postfix?.send(load)) ?? null;
      if (theirs !== null)
        rows.push([
          `${title}: ${postfix?.version}`,
          `${perSecond(theirs.rate)}; CPU ${theirs.cpuMs.toFixed(2)} ms each; age p50, p99 ${ages(theirs)}`,
        ]);
      for (const way of ["submission", "api"] as const)
        rows.push([
          `${title}: ours by ${way}`,
          ourRow(await measure(rookery, load, way, states), theirs?.rate ?? null),
        ]);
    }
  } finally {
    await rookery.end();
    await postfix?.stop();
    peers.close();
  }
  return missing === null ? rows : [["nothing to compare with", missing], ...rows];
}

/** What a process without a worker took, sent by one that starts. */
async function drain(dataDir: string, domains: number): Promise<Rows> {
  const peers = await startPeers("plain");
  try {
    const taking = await startRookery(dataDir, { ...peers.settings, ROOKERY_SERVICES: "http,submission" });
    await sendAll(taking, MESSAGES, domains);
    await taking.end();
    const rookery = await startRookery(dataDir, peers.settings);
    const { server, end } = rookery;
    const before = await cpuOf(server.pid, dataDir);
    const [first, began] = [await waitingRows(rookery), performance.now()];
    await untilSent(rookery);
    const [elapsedMs, after] = [performance.now() - began, await cpuOf(server.pid, dataDir)];
    await end();
    return [
      [
        `backlog of ${MESSAGES}, ${domains} domains`,
        `${perSecond((first * 1000) / elapsedMs)}; CPU of each ${cpuPer(before, after, first)}`,
      ],
    ];
  } finally {
    peers.close();
  }
}

/** A hundred thousand rows that are due, for a thousand domains; and a mail that another pod sends meanwhile. */
async function backlog(dataDir: string): Promise<Rows> {
  const peers = await startPeers("plain");
  const rookery = await startRookery(dataDir, peers.settings);
  try {
    await sendAll(rookery, WARM_UP_MESSAGES, DOMAINS);
    await untilSent(rookery);
    const domain = `'d' || n % ${DOMAINS} || '.bench.test'`;
    await fillQueue(rookery, BACKLOG, { state: "'queued'", domain, due: "now()", createdAt: "now()" });
    const other = await otherPod(rookery);
    const before = await cpuOf(rookery.server.pid, dataDir);
    const [first, began] = [await waitingRows(rookery), performance.now()];
    await pause(WATCHED_MS / 2);
    await other.send();
    const otherMs = await other.untilSent();
    await pause(Math.max(0, began + WATCHED_MS - performance.now()));
    const [left, elapsedMs] = [await waitingRows(rookery), performance.now() - began];
    const after = await cpuOf(rookery.server.pid, dataDir);
    return [
      [
        `backlog of ${BACKLOG.toLocaleString("en")} of one pod, ${DOMAINS} domains, for ${WATCHED_MS / 1000} s`,
        `${perSecond(((first - left) * 1000) / elapsedMs)}; CPU of each ${cpuPer(before, after, first - left)}`,
      ],
      ["another pod's one mail is sent after its 200 by", ms(otherMs)],
    ];
  } finally {
    await rookery.end();
    peers.close();
  }
}

async function otherPod(rookery: Rookery) {
  const { client } = rookery;
  const senders = await rookery.addSenders();
  const other = { ...rookery, senders };
  let answeredAt = 0;
  return {
    async send(): Promise<void> {
      await sendOne(other, `one@${domainName(1)}`);
      answeredAt = performance.now();
    },
    async untilSent(): Promise<number> {
      for (;;) {
        const { rows } = await client.query(
          `select from outbound_deliveries d join inboxes i on i.pod_id = d.pod_id and i.id = d.inbox_id
           where i.address = $1 and d.state = 'sent'`,
          [senders[0]?.inbox],
        );
        if (rows.length > 0) return performance.now() - answeredAt;
        await pause(5);
      }
    },
  };
}

/** The process is killed while it sends; one that starts takes over when the leases have ended. */
async function killed(dataDir: string): Promise<Rows> {
  const peers = await startPeers("plain");
  try {
    const rookery = await startRookery(dataDir, peers.settings);
    const sending = sendAll(rookery, MESSAGES, DOMAINS).catch(() => []);
    await pause(3000);
    await rookery.server.kill();
    await sending;
    const began = performance.now();
    const next = await startRookery(dataDir, peers.settings);
    const left = await waitingRows(next);
    await untilSent(next);
    const { rows } = await next.client.query<{ sent: number; doubts: number }>(
      "select count(*)::integer as sent, coalesce(sum(doubts), 0)::integer as doubts from outbound_deliveries where domain is not null and state = 'sent'",
    );
    await next.end();
    return [
      [
        "killed under load",
        `${left} of ${(rows[0]?.sent ?? 0).toLocaleString("en")} waited at the next start, all sent after ${((performance.now() - began) / 1000).toFixed(0)} s (leases last 120 s); ${rows[0]?.doubts} in doubt`,
      ],
    ];
  } finally {
    peers.close();
  }
}

/** What the queue's statements read while a million rows wait, half of them due. */
async function plans(dataDir: string): Promise<Rows> {
  const peers = await startPeers("plain");
  // Without a worker, which would send them.
  const rookery = await startRookery(dataDir, { ...peers.settings, ROOKERY_SERVICES: "http" });
  try {
    await sendAll(rookery, 1, 1);
    await rookery.client.query(
      "update outbound_deliveries set domain = 'd0.bench.test', recipients = '{x@d0.bench.test}', recipient = null, expires_at = now() where domain is null",
    );
    await fillQueue(rookery, WAITING, {
      ...{ state: "'deferred'", domain: "'w' || n % 1000 || '.bench.test'", createdAt: "'2000-01-01'" },
      due: "now() + (n % 2 - 0.5) * interval '1 day'",
    });
    return [...(await explainQueue(rookery.client))];
  } finally {
    await rookery.end();
    peers.close();
  }
}

/** One send at a time, in turns at a server whose queue is empty and one where a million rows wait. */
async function besideQueue(dataDir: string): Promise<Rows> {
  const peers = await startPeers("plain");
  const full = await startRookery(dataDir, peers.settings);
  const empty = await startRookery(`${dataDir}-empty`, peers.settings);
  try {
    for (const one of [full, empty]) await sendAll(one, WARM_UP_MESSAGES, 1);
    for (const one of [full, empty]) await untilSent(one);
    const memoryBefore = await residentMb(full.server.pid);
    await fillQueue(full, WAITING, {
      ...{ state: "'deferred'", domain: "'w' || n % 1000 || '.bench.test'", createdAt: "'2000-01-01'" },
      due: "now() + interval '1 day'",
    });
    const idleBefore = await cpuOf(full.server.pid, dataDir);
    await pause(10_000);
    const idleAfter = await cpuOf(full.server.pid, dataDir);
    const took = { full: [] as number[], empty: [] as number[] };
    for (let send = 0; send < SENDS; send++) {
      took.empty.push(await sendOne(empty, `you${send}@${domainName(0)}`));
      took.full.push(await sendOne(full, `you${send}@${domainName(0)}`));
    }
    const of = (times: readonly number[]): string =>
      [0.5, 0.9, 0.99].map((part) => ms(percentile(times, part))).join(", ");
    return [
      [`API send, nothing waits: p50, p90, p99 of ${SENDS}`, of(took.empty)],
      [`API send, ${WAITING.toLocaleString("en")} rows wait, in turns with those`, of(took.full)],
      ["CPU of a second beside them, idle", cpuPer(idleBefore, idleAfter, 10)],
      [
        "memory of Node, nothing waits; a million rows",
        `${memoryBefore} MB; ${await residentMb(full.server.pid)} MB`,
      ],
    ];
  } finally {
    await full.end();
    await empty.end();
    peers.close();
  }
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

/** Signatures of one RSA-2048 key, sixteen at a time. */
async function signs(): Promise<Rows> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signers = [{ domain: "bench.test", selector: "s1", algorithm: "rsa", privateKey }] as const;
  const raw = Buffer.from(
    `From: a@bench.test\r\nSubject: x\r\n\r\n${`${"x".repeat(70)}\r\n`.repeat(BODY_BYTES / 72)}`,
  );
  let left = SIGNS;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await dkimSigned(raw, signers, new Date());
  };
  const [before, began] = [await treeCpuMs(process.pid), performance.now()];
  await Promise.all(Array.from({ length: 16 }, lane));
  const [elapsedMs, after] = [performance.now() - began, await treeCpuMs(process.pid)];
  return [
    [
      "DKIM signatures, RSA-2048, 5 KB",
      `${perSecond((SIGNS * 1000) / elapsedMs)}; CPU ${((after - before) / SIGNS).toFixed(2)} ms each`,
    ],
  ];
}

const profiles: Readonly<Record<string, (dataDir: string) => Promise<Rows>>> = {
  plain: async (dataDir) => [
    ...(await compared(dataDir, "plain", 1)),
    ...(await compared(dataDir, "plain", DOMAINS)),
  ],
  drain: async (dataDir) => [...(await drain(dataDir, 1)), ...(await drain(dataDir, DOMAINS))],
  deferring: (dataDir) => compared(dataDir, "deferring", DOMAINS),
  throttled: (dataDir) => compared(dataDir, "throttled", DOMAINS),
  distant: (dataDir) => compared(dataDir, "distant", DOMAINS),
  backlog,
  killed,
  full: besideQueue,
  plans,
  dkim: signs,
};

/** @param dataDir of the server, whose PostgreSQL's CPU is counted @param wanted profiles; none: all */
export async function outbound(
  server: ServerProcess,
  dataDir: string,
  wanted: readonly string[],
): Promise<Figures> {
  await server.end();
  const rows: (readonly [string, string])[] = [];
  for (const [name, profile] of Object.entries(profiles))
    if (wanted.length === 0 || wanted.includes(name)) rows.push(...(await profile(dataDir)));
  return { name: `outbound: signed mails of ${BODY_BYTES} bytes to smtp-sink`, rows };
}
