/**
 * What it costs to take a mail in and to send one among a million mails of 100,000 inboxes, beside the same in a database that was just made:
 * CPU of each process until all that follows is done, the index of words among that. The million is that of `search.ts`, best kept with `--in=`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { ask, openSession } from "./client.ts";
import { cpuOf, cpuPer } from "./cpu.ts";
import { currentLoad, type Figures } from "./report.ts";
import { fillForSearch, INBOXES, MESSAGES } from "./search-data.ts";
import { type ServerProcess, startServer } from "./server.ts";

const MAILS = 1500;
const SENDS = 400;
/** Of each before it is measured: until then connections open, and plan what they are asked. */
const [WARM_UP_MAILS, WARM_UP_SENDS] = [400, 200];
const [SESSIONS, SENDERS] = [8, 4];
const YOUNG_INBOXES = 100;
/** A prime, so that one inbox after the other is far from the one before. */
const STRIDE = 7919;
const LINE = "a line of the text that is here and is some eighty characters long, more or less\r\n";
const TEXT = LINE.repeat(28);

/** A database to measure. */
interface Place {
  readonly server: ServerProcess;
  readonly directory: string;
  readonly client: pg.Client;
  readonly inboxes: number;
}

/** Does it for 0 to `count` - 1, so many at a time. */
async function inLanes(
  lanes: number,
  count: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

type Load = (place: Place, count: number, from: number) => Promise<void>;

const inboxOf = ({ inboxes }: Place, index: number): string =>
  `agent-${(index * STRIDE) % inboxes}@rookery.localhost`;

const arrivals: Load = async (place, count, from) => {
  const sessions = await Promise.all(
    Array.from({ length: SESSIONS }, () => openSession(place.server.smtpPort)),
  );
  const free = [...sessions];
  await inLanes(SESSIONS, count, async (index) => {
    const session = free.pop();
    if (session === undefined) throw new Error("more mails than sessions");
    const to = inboxOf(place, from + index);
    session.write(`MAIL FROM:<a@outside.test>\r\nRCPT TO:<${to}>\r\nDATA\r\n`);
    for (let reply = 0; reply < 3; reply++) await session.reply();
    const id = `<${Date.now()}-${from + index}@bench>`;
    session.write(
      `From: a@outside.test\r\nTo: ${to}\r\nSubject: bench\r\nMessage-ID: ${id}\r\n\r\n${TEXT}.\r\n`,
    );
    const reply = await session.reply();
    if (!reply.startsWith("250")) throw new Error(`the server said ${reply}`);
    free.push(session);
  });
  for (const session of sessions) session.close();
};

const sends: Load = (place, count, from) =>
  inLanes(SENDERS, count, (index) =>
    ask(place.server, place.server.rootKey, `/inboxes/${inboxOf(place, from + index)}/messages/send`, {
      ...{ to: ["b@outside.test"], subject: "bench", text: `Hello ${index}.` },
    }),
  );

/** Until nothing waits to be indexed or delivered. */
async function settled({ client }: Place): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(
      "(select 1 from search_queue limit 1) union all (select 1 from outbound_deliveries where state = 'queued' limit 1)",
    );
    if (rowCount === 0) return;
    await pause(200);
  }
}

/** Behind a checkpoint, as it is every few minutes: the first change of each page is logged with the page. */
async function costOf(place: Place, load: Load, warmUp: number, count: number): Promise<string> {
  const start = Date.now() % 1_000_000;
  await load(place, warmUp, start);
  await settled(place);
  await place.client.query("checkpoint");
  await place.client.query("select pg_stat_reset_shared('wal')");
  const before = await cpuOf(place.server.pid, place.directory);
  await load(place, count, start + warmUp);
  await settled(place);
  const after = await cpuOf(place.server.pid, place.directory);
  const { rows } = await place.client.query<{ bytes: string }>("select wal_bytes as bytes from pg_stat_wal");
  return `${cpuPer(before, after, count)}, ${(Number(rows[0]?.bytes) / 1000 / count).toFixed(0)} KB of log`;
}

async function costs(place: Place, where: string): Promise<[string, string][]> {
  const loadThen = currentLoad().toFixed(1);
  return [
    [`a mail of 2.3 KB that arrives, ${where}`, await costOf(place, arrivals, WARM_UP_MAILS, MAILS)],
    [`a mail to another server, sent by API, ${where}`, await costOf(place, sends, WARM_UP_SENDS, SENDS)],
    [`load average before, ${where}`, loadThen],
  ];
}

async function clientOf(directory: string): Promise<pg.Client> {
  const client = new pg.Client({ host: join(directory, "socket"), user: "postgres", database: "rookery" });
  await client.connect();
  return client;
}

async function young(): Promise<[string, string][]> {
  const directory = await mkdtemp(join(tmpdir(), "rookery-bench-"));
  const server = await startServer(directory);
  const client = await clientOf(directory);
  try {
    for (let index = 0; index < YOUNG_INBOXES; index++)
      await ask(server, server.rootKey, "/inboxes", { username: `agent-${index}` });
    return await costs({ server, directory, client, inboxes: YOUNG_INBOXES }, "young");
  } finally {
    await client.end();
    await server.end();
    await rm(directory, { recursive: true, force: true });
  }
}

export async function million(server: ServerProcess, directory: string): Promise<Figures> {
  const client = await clientOf(directory);
  try {
    await fillForSearch(client);
    const rows = [
      ...(await young()),
      ...(await costs({ server, directory, client, inboxes: INBOXES }, "among a million")),
    ];
    return { name: `arrivals and sends among ${MESSAGES} messages of ${INBOXES} inboxes`, rows };
  } finally {
    await client.end();
  }
}
