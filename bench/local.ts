/**
 * A burst of mail from one inbox here to another, sent by API, sixteen at a time; and a backlog, which a process that only
 * answers requests has taken, and another one finds when it starts.
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { ask } from "./client.ts";
import { cpuOf, cpuPer } from "./cpu.ts";
import { type Figures, ms, percentile } from "./report.ts";
import { type ServerProcess, startServer } from "./server.ts";

const MESSAGES = 800;
const BACKLOG = 2000;
const WARM_UP_MESSAGES = 100;
const AT_ONCE = 16;
const BODY_BYTES = 2000;
/** Milliseconds in which the last copy must be there. */
const PATIENCE_MS = 120_000;
/** Between looks at the receiving inbox: how exact its times are. */
const LOOK_MS = 50;
/** Messages of a look: more than arrive between two. */
const LOOK_MESSAGES = 100;

const call = (server: ServerProcess, path: string, body?: object) => ask(server, server.rootKey, path, body);

const inboxPath = (inbox: string): string => `/inboxes/${encodeURIComponent(inbox)}`;

interface Pair {
  readonly from: string;
  readonly to: string;
}

/** Two inboxes of a pod of their own. */
async function makePair(server: ServerProcess): Promise<Pair> {
  const { pod_id } = await call(server, "/pods", {});
  const make = async (): Promise<string> =>
    String((await call(server, `/pods/${pod_id}/inboxes`, {}))["inbox_id"]);
  return { from: await make(), to: await make() };
}

const send = async (server: ServerProcess, { from, to }: Pair): Promise<string> =>
  String(
    (await call(server, `${inboxPath(from)}/messages/send`, { to, text: "x".repeat(BODY_BYTES) }))[
      "message_id"
    ],
  );

/** Message-IDs of the newest messages of an inbox. */
async function newest(server: ServerProcess, { to }: Pair): Promise<string[]> {
  // Cast: a list, in the API's own contract.
  const { messages } = (await call(server, `${inboxPath(to)}/messages?limit=${LOOK_MESSAGES}`)) as {
    messages: { message_id: string }[];
  };
  return messages.map(({ message_id }) => message_id);
}

/** When each of `count` messages was first listed. @throws when one is not there in time */
async function watch(server: ServerProcess, pair: Pair, count: number): Promise<Map<string, number>> {
  const listed = new Map<string, number>();
  const end = performance.now() + PATIENCE_MS;
  while (listed.size < count) {
    if (performance.now() > end) throw new Error(`${count - listed.size} are not there in ${PATIENCE_MS} ms`);
    for (const id of await newest(server, pair)) if (!listed.has(id)) listed.set(id, performance.now());
    await pause(LOOK_MS);
  }
  return listed;
}

/** @returns when each was answered with 200, by Message-ID */
async function sendAll(server: ServerProcess, pair: Pair, count: number): Promise<Map<string, number>> {
  const answered = new Map<string, number>();
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun++ < count) answered.set(await send(server, pair), performance.now());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return answered;
}

const rate = (count: number, elapsedMs: number): string =>
  `${ms(elapsedMs)}, ${((count * 1000) / elapsedMs).toFixed(0)} a second`;

interface Burst {
  readonly sentMs: number;
  readonly thereMs: number;
  /** Milliseconds from each 200 until it was listed. */
  readonly latencies: readonly number[];
  /** From the send of one mail of another tenant, in the middle of the burst, until it was there. */
  readonly neighbourMs: number;
}

async function burst(server: ServerProcess, count: number): Promise<Burst> {
  const [pair, neighbour] = [await makePair(server), await makePair(server)];
  const watching = watch(server, pair, count);
  const began = performance.now();
  const sending = sendAll(server, pair, count);
  await Promise.race([sending, pause(500)]);
  const neighbourBegan = performance.now();
  await send(server, neighbour);
  await watch(server, neighbour, 1);
  const neighbourMs = performance.now() - neighbourBegan;
  const answered = await sending;
  const sentMs = performance.now() - began;
  const listed = await watching;
  const latencies = [...answered].map(([id, at]) => Math.max(0, (listed.get(id) ?? 0) - at));
  return { sentMs, thereMs: Math.max(...listed.values()) - began, latencies, neighbourMs };
}

/** A backlog is taken without a worker, then delivered by a server that starts. @returns rows of the table */
async function backlog(dataDir: string): Promise<(readonly [string, string])[]> {
  const taking = await startServer(dataDir, { ROOKERY_SERVICES: "http,smtp" });
  await sendAll(taking, await makePair(taking), BACKLOG);
  await taking.end();
  const server = await startServer(dataDir);
  const client = new pg.Client({ host: join(dataDir, "socket"), user: "postgres", database: "rookery" });
  try {
    await client.connect();
    const queued = async (): Promise<number> => {
      const { rows } = await client.query(
        "select count(*)::int from outbound_deliveries where state = 'queued'",
      );
      return rows[0]?.count;
    };
    const before = await cpuOf(server.pid, dataDir);
    const [first, began] = [await queued(), performance.now()];
    while ((await queued()) > 0) await pause(LOOK_MS);
    const [elapsedMs, after] = [performance.now() - began, await cpuOf(server.pid, dataDir)];
    return [
      [`backlog of ${BACKLOG}, delivered`, rate(first, elapsedMs)],
      ["CPU for each, delivered", cpuPer(before, after, first)],
    ];
  } finally {
    await client.end();
    await server.end();
  }
}

/** @param dataDir of the server, whose PostgreSQL's CPU is counted */
export async function local(server: ServerProcess, dataDir: string): Promise<Figures> {
  await burst(server, WARM_UP_MESSAGES);
  const before = await cpuOf(server.pid, dataDir);
  const { sentMs, thereMs, latencies, neighbourMs } = await burst(server, MESSAGES);
  const after = await cpuOf(server.pid, dataDir);
  await server.end();
  return {
    name: `local: ${MESSAGES} mails of one inbox to another, ${AT_ONCE} sends at a time`,
    rows: [
      ["all sent", rate(MESSAGES, sentMs)],
      ["all there, from the first send on", rate(MESSAGES, thereMs)],
      [
        "from the 200 to listed",
        `p50 ${ms(percentile(latencies, 0.5))}, p99 ${ms(percentile(latencies, 0.99))}`,
      ],
      ["a neighbour's mail in the middle of it", ms(neighbourMs)],
      ["CPU for each, sent and delivered", cpuPer(before, after, MESSAGES)],
      ...(await backlog(dataDir)),
    ],
  };
}
