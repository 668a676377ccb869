/** Processes that index mail are killed and stopped in the middle of it: every message is found before and after, and indexed once. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { SmtpSession } from "../support/smtp-client.ts";

const MAILS = 24;

let database: TestDatabase;
let directory: string;
let servers: ServerProcess[];
let worker: pg.Client;
let blocker: pg.Client;
/** Words that only one mail has, of those answered with 250, with its inbox. */
let accepted: Map<string, string>;
let inboxes: string[];

beforeEach(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), "rookery-indexing-"));
  [servers, accepted, inboxes] = [[], new Map(), []];
  worker = new pg.Client({ connectionString: database.url, options: "-c role=rookery_worker" });
  blocker = new pg.Client({ connectionString: database.url });
  await worker.connect();
  await blocker.connect();
});
afterEach(async () => {
  await worker.end();
  await blocker.end();
  for (const server of servers) {
    process.kill(server.pid, "SIGCONT");
    await server.end();
  }
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<ServerProcess> {
  const server = await startServer(directory, { DATABASE_URL: database.url, ROOKERY_LOG_LEVEL: "silent" });
  servers.push(server);
  return server;
}

async function kill(server: ServerProcess): Promise<void> {
  await server.kill();
  servers = servers.filter((one) => one !== server);
}

const clientOf = ({ baseUrl, rootKey: apiKey }: ServerProcess): AgentMailClient =>
  new AgentMailClient({ baseUrl, apiKey });

/** Two inboxes of one pod, and one of another. */
async function makeInboxes(server: ServerProcess): Promise<void> {
  const client = clientOf(server);
  const [first, second] = [await client.pods.create({}), await client.pods.create({})];
  for (const { podId } of [first, first, second])
    inboxes.push((await client.pods.inboxes.create(podId, {})).inboxId);
}

/** Sends mails over one session, until `count` were answered or the process no longer answers. */
async function send({ smtpPort }: ServerProcess, count: number): Promise<void> {
  const session = await SmtpSession.open(smtpPort);
  await session.reply();
  await session.command("EHLO lane.test");
  for (let index = 0; index < count; index++) {
    const word = `w${crypto.randomUUID().replaceAll("-", "")}`;
    const inbox = inboxes[index % inboxes.length] ?? "";
    await session.command("MAIL FROM:<a@outside.test>");
    await session.command(`RCPT TO:<${inbox}>`);
    await session.command("DATA");
    session.write(`From: a@outside.test\r\nMessage-ID: <${word}@x>\r\nSubject: Hi\r\n\r\nabout ${word}`);
    const reply = await session.command("\r\n.");
    if (!reply.startsWith("250")) break;
    accepted.set(word, inbox);
  }
  session.close();
}

/** By a word that all have, so that a page finds a hundred. */
async function expectEachFoundOnce(server: ServerProcess): Promise<void> {
  const client = clientOf(server);
  for (const inbox of inboxes) {
    const found: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await client.inboxes.messages.search(inbox, {
        ...{ q: "about", limit: 100 },
        ...(pageToken !== undefined && { pageToken }),
      });
      found.push(...page.messages.map(({ messageId }) => messageId));
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    expect(new Set(found).size).toBe(found.length);
    const sent = [...accepted].filter(([, to]) => to === inbox).map(([word]) => `<${word}@x>`);
    expect(sent.filter((id) => !found.includes(id))).toEqual([]);
  }
  const [last] = [...accepted].slice(-1);
  const { messages } = await client.inboxes.messages.search(last?.[1] ?? "", { q: last?.[0] ?? "" });
  expect(messages.map(({ messageId }) => messageId)).toEqual([`<${last?.[0]}@x>`]);
}

const count = async (table: string): Promise<number> =>
  (await worker.query<{ n: number }>(`select count(*)::int as n from ${table}`)).rows[0]?.n ?? 0;

/** Until a process has taken mail off the queue, in a transaction that waits for the lock of `blocker`. */
const inTheMiddle = (): Promise<boolean> =>
  eventually("a turn of the index in the middle", async () => {
    const { rows } = await worker.query(
      `select from pg_locks where database = (select oid from pg_database where datname = current_database())
       and relation = 'message_search'::regclass and not granted`,
    );
    return rows.length > 0;
  });

/** Nobody writes words until `release`. */
const block = async (): Promise<void> =>
  void (await blocker.query("begin; lock table message_search in share mode"));
const release = async (): Promise<void> => void (await blocker.query("commit"));

async function expectAllIndexed(server: ServerProcess): Promise<void> {
  await eventually("an empty queue", async () => (await count("search_queue")) === 0);
  const { rows } = await worker.query(
    `select from messages as m full join message_search as s on s.pod_id = m.pod_id and s.id = m.id
     where m.id is null or s.id is null`,
  );
  expect(rows).toEqual([]);
  expect(await count("messages")).toBeGreaterThanOrEqual(accepted.size);
  await expectEachFoundOnce(server);
}

test("killed in the middle of a turn, it has indexed nothing and lost nothing; the next process indexes all", async () => {
  const first = await start();
  await makeInboxes(first);
  await block();
  await send(first, MAILS);
  await expectEachFoundOnce(first);
  await inTheMiddle();
  await kill(first);
  await release();
  const second = await start();
  await expectAllIndexed(second);
});

test("killed again and again while mail arrives, every mail with a 250 is found, and indexed once", async () => {
  for (let round = 0; round < 2; round++) {
    const server = await start();
    if (round === 0) await makeInboxes(server);
    const [before, indexed] = [accepted.size, await count("message_search")];
    const lanes = Promise.all([send(server, 500), send(server, 500), send(server, 500)]);
    await eventually("a turn beside arriving mail", async () => {
      const isUnderWay = accepted.size > before + 30 && (await count("message_search")) > indexed;
      return isUnderWay && (await count("search_queue")) > 0;
    });
    await kill(server);
    await lanes;
  }
  await expectAllIndexed(await start());
}, 240_000);

test("of two processes one indexes; killed in the middle of a turn it leaves its mail to the other", async () => {
  const first = await start();
  await makeInboxes(first);
  await block();
  await send(first, MAILS);
  await inTheMiddle();
  const second = await start();
  await Promise.all([send(first, MAILS), send(second, MAILS)]);
  await expectEachFoundOnce(second);
  await inTheMiddle();
  await kill(first);
  await release();
  await expectAllIndexed(second);
});

test("stopped (SIGSTOP) in the middle of a turn it leaves its mail to the other, and indexes nothing twice when it goes on", async () => {
  const first = await start();
  await makeInboxes(first);
  await block();
  await send(first, MAILS);
  await inTheMiddle();
  process.kill(first.pid, "SIGSTOP");
  await release();
  const second = await start();
  await send(second, MAILS);
  await expectAllIndexed(second);
  process.kill(first.pid, "SIGCONT");
  await Promise.all([send(first, MAILS), send(second, MAILS)]);
  await expectAllIndexed(first);
});
