/**
 * Search among a million mails: in an inbox of a hundred thousand, in ordinary ones, in a pod and in the organization, in an open loop
 * with another word each time. Then how late mail is indexed, and ingest with and without the indexer, in turn in one run: the bench holds
 * the lock that the indexer works under.
 */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { ask, openSession } from "./client.ts";
import { type Cpu, cpuOf } from "./cpu.ts";
import { currentLoad, type Figures, ms, percentile } from "./report.ts";
import {
  drawRank,
  fillForSearch,
  INBOXES,
  INBOXES_PER_POD,
  LARGE_INBOX_MESSAGES,
  MESSAGES,
  textOf,
  wordOf,
} from "./search-data.ts";
import { explainSearch } from "./search-plans.ts";
import type { ServerProcess } from "./server.ts";

const REQUESTS = 200;
/** Requests begun a second, whether those before have been answered or not. */
const RATE = 25;
const WARM_UP_REQUESTS = 50;
/** Words of a mail of 5 KB. */
const MAIL_WORDS = 750;
/** Mails of one round of ingest, and rounds with and without the indexer. */
const MAILS = 1500;
const ROUNDS = 3;
const SESSIONS = 20;
/** A rate that two cores carry beside everything else, mails a second, and for how many seconds. */
const STEADY_RATE = 50;
const STEADY_SECONDS = 20;
/** As src/composition/jobs.ts and src/workers/index-mail.ts have them. */
const INDEX_LOCK = "1907004, hashtext('search')";

const INBOX = "search-bench@rookery.localhost";

/** Latencies in an open loop: from when a request was due. */
async function openLoop(count: number, request: (index: number) => Promise<unknown>): Promise<number[]> {
  const began = performance.now();
  const answers = Array.from({ length: count }, async (_, index) => {
    const due = began + (index * 1000) / RATE;
    await pause(Math.max(0, due - performance.now()));
    await request(index);
    return performance.now() - due;
  });
  return Promise.all(answers);
}

const figuresOf = (samples: readonly number[]): string =>
  `p50 ${ms(percentile(samples, 0.5))}, p99 ${ms(percentile(samples, 0.99))}, most ${ms(Math.max(...samples))}`;

/** Words in turn: as often used, rare, and the most common ones, which a tenth or more of all mails have. */
const kinds: Readonly<Record<string, (index: number) => string>> = {
  "words as they are used": () => wordOf(drawRank(Math.random)),
  "rare words": (index) => wordOf(5000 + ((index * 7) % 40_000)),
  "words that most mails have": (index) => wordOf(1 + (index % 20)),
  "two words": () => `${wordOf(drawRank(Math.random))} ${wordOf(drawRank(Math.random))}`,
  "a phrase": (index) => `"${wordOf(1 + (index % 30))} ${wordOf(1 + ((index * 7) % 30))}"`,
  "beginnings of words": (index) => `${wordOf(100 + (index % 400)).slice(0, 4)}*`,
};

async function searches(server: ServerProcess): Promise<Figures["rows"]> {
  const get = (path: string): Promise<unknown> => ask(server, server.rootKey, path);
  const { pod_id: pod } = await ask(server, server.rootKey, "/inboxes/agent-100@rookery.localhost");
  const ordinary = (index: number): string =>
    `/inboxes/agent-${1 + ((index * 31) % (INBOXES - 1))}@rookery.localhost`;
  const places: Readonly<Record<string, (index: number) => string>> = {
    [`an inbox of ${LARGE_INBOX_MESSAGES}`]: () => "/inboxes/agent-0@rookery.localhost/messages/search",
    "ordinary inboxes": (index) => `${ordinary(index)}/messages/search`,
    [`a pod of ${INBOXES_PER_POD} inboxes`]: () => `/pods/${pod}/threads/search`,
    "the organization": () => "/threads/search",
  };
  const rows: [string, string][] = [];
  for (const [place, path] of Object.entries(places))
    for (const [kind, query] of Object.entries(kinds)) {
      const request = (index: number): Promise<unknown> =>
        get(`${path(index)}?limit=20&q=${encodeURIComponent(query(index))}`);
      await openLoop(WARM_UP_REQUESTS, request);
      rows.push([`${place}, ${kind}`, figuresOf(await openLoop(REQUESTS, request))]);
    }
  const inboxes = (index: number): Promise<unknown> =>
    get(`/inboxes/search?limit=20&q=agent%20${1 + (index % 9)}`);
  rows.push([`${INBOXES} inboxes, two beginnings`, figuresOf(await openLoop(REQUESTS, inboxes))]);
  return rows;
}

/** Sends mails to one inbox, each with other words; as fast as it goes, or so many a second. */
async function send(server: ServerProcess, count: number, name: string, rate?: number): Promise<void> {
  const texts = Array.from({ length: Math.min(count, 500) }, () => textOf(MAIL_WORDS, Math.random));
  const began = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    const session = await openSession(server.smtpPort);
    for (let index = next++; index < count; index = next++) {
      if (rate !== undefined) await pause(Math.max(0, began + (index * 1000) / rate - performance.now()));
      session.write(`MAIL FROM:<a@outside.test>\r\nRCPT TO:<${INBOX}>\r\nDATA\r\n`);
      for (let reply = 0; reply < 3; reply++) await session.reply();
      const head = `From: a@outside.test\r\nTo: ${INBOX}\r\nSubject: bench\r\nMessage-ID: <${name}-${index}@bench>`;
      session.write(`${head}\r\n\r\n${texts[index % texts.length]}\r\n.\r\n`);
      const reply = await session.reply();
      if (!reply.startsWith("250")) throw new Error(`the server said ${reply}`);
    }
    session.close();
  };
  await Promise.all(Array.from({ length: SESSIONS }, lane));
}

/** Watches the queue until it is empty. @returns milliseconds from when each mail was stored until it was indexed */
async function watchLag(client: pg.Client, isOver: () => boolean): Promise<number[]> {
  const lags: number[] = [];
  let queued = new Set<string>();
  for (;;) {
    const { rows } = await client.query<{ id: string }>("select id from search_queue");
    const now = Date.now();
    const current = new Set(rows.map(({ id }) => id));
    for (const id of queued)
      if (!current.has(id)) lags.push(now - Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16));
    queued = current;
    if (isOver() && queued.size === 0) return lags;
    await pause(50);
  }
}

async function lagOf(client: pg.Client, work: () => Promise<void>): Promise<number[]> {
  let isOver = false;
  const watched = watchLag(client, () => isOver);
  await work();
  isOver = true;
  return watched;
}

interface Round {
  readonly rate: number;
  readonly cpuMs: number;
}

const cpuBetween = (before: Cpu, after: Cpu): number =>
  after.node + after.postgres - before.node - before.postgres;

async function round(server: ServerProcess, directory: string, name: string): Promise<Round> {
  const [before, began] = [await cpuOf(server.pid, directory), performance.now()];
  await send(server, MAILS, name);
  const seconds = (performance.now() - began) / 1000;
  return { rate: MAILS / seconds, cpuMs: cpuBetween(before, await cpuOf(server.pid, directory)) / MAILS };
}

/** With and without the indexer in turn; the queue is empty before each. */
async function ingestBoth(
  server: ServerProcess,
  directory: string,
  client: pg.Client,
): Promise<Figures["rows"]> {
  const [without, withIndexer, lags]: [Round[], Round[], number[]] = [[], [], []];
  let drainedMs = 0;
  for (let number = 0; number < ROUNDS; number++) {
    await client.query(`select pg_advisory_lock(${INDEX_LOCK})`);
    without.push(await round(server, directory, `without${number}`));
    await client.query(`select pg_advisory_unlock(${INDEX_LOCK})`);
    const began = performance.now();
    await watchLag(client, () => true);
    drainedMs += performance.now() - began;
    lags.push(
      ...(await lagOf(
        client,
        async () => void withIndexer.push(await round(server, directory, `with${number}`)),
      )),
    );
  }
  const mean = (rounds: readonly Round[], of: keyof Round): number =>
    rounds.reduce((sum, one) => sum + one[of], 0) / rounds.length;
  const [rate, rateWithout] = [mean(withIndexer, "rate"), mean(without, "rate")];
  const steady = await lagOf(client, () => send(server, STEADY_RATE * STEADY_SECONDS, "steady", STEADY_RATE));
  return [
    [
      "ingest as fast as it goes, indexer held off",
      `${rateWithout.toFixed(0)} mails/s, CPU ${mean(without, "cpuMs").toFixed(2)} ms a mail`,
    ],
    [
      "the same with the indexer",
      `${rate.toFixed(0)} mails/s, CPU ${mean(withIndexer, "cpuMs").toFixed(2)} ms a mail`,
    ],
    [
      "ratio of the rates, and of each pair",
      `${(rate / rateWithout).toFixed(2)}; ${withIndexer.map((one, at) => (one.rate / (without[at]?.rate ?? 1)).toFixed(2)).join(", ")}`,
    ],
    ["lag of the index then", figuresOf(lags)],
    [`lag of the index at ${STEADY_RATE} mails/s`, figuresOf(steady)],
    ["mail that waits is indexed at", `${((MAILS * ROUNDS) / (drainedMs / 1000)).toFixed(0)} mails/s`],
  ];
}

export async function search(server: ServerProcess, directory: string): Promise<Figures> {
  const client = new pg.Client({ host: join(directory, "socket"), user: "postgres", database: "rookery" });
  await client.connect();
  try {
    await fillForSearch(client);
    const loadThen = currentLoad();
    await ask(server, server.rootKey, "/inboxes", {
      username: INBOX.split("@")[0],
      client_id: "search-bench",
    });
    const found = await searches(server);
    const plans = await explainSearch(client);
    const stored = await ingestBoth(server, directory, client);
    const { rows } = await client.query<{ size: string }>(
      "select pg_size_pretty(pg_relation_size('message_search_by_words')) || ', words ' || pg_size_pretty(pg_table_size('message_search')) || ', messages ' || pg_size_pretty(pg_table_size('messages')) as size",
    );
    return {
      name: `search: ${MESSAGES} mails in ${INBOXES} inboxes, ${RATE} searches a second; load average when they began ${loadThen.toFixed(1)}`,
      rows: [...found, ...stored, ["size of the index", rows[0]?.size ?? ""], ...plans],
    };
  } finally {
    await client.end();
  }
}
