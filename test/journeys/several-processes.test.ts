/**
 * Two and three processes on one database under mixed load, each over a line of its own: one after the other they are killed, stopped in
 * the middle of their work, cut off without a word, and lose the answers to their COMMITs. What was answered is there, once.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { COMMITTED, type DatabaseLine, openDatabaseLine } from "../support/database-line.ts";
import { eventually } from "../support/eventually.ts";
import { type MixedLoad, startMixedLoad } from "../support/mixed-load.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { openSockets, type Sockets } from "../support/sockets.ts";
import { expectNothingLost, makeStormTenants, openStormReceiver } from "../support/storm.ts";

interface Member {
  readonly line: DatabaseLine;
  server: ServerProcess;
}

let directory: string;
let database: TestDatabase;
let sockets: Sockets;
let members: Member[];
let owner: pg.Client;
let worker: pg.Client;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "rookery-several-"));
  database = await createDatabase();
  sockets = openSockets();
  members = [];
  owner = new pg.Client({ connectionString: database.url });
  worker = new pg.Client({ connectionString: database.url, options: "-c role=rookery_worker" });
  await Promise.all([owner.connect(), worker.connect()]);
});
afterEach(async () => {
  await Promise.all([owner.end(), worker.end()]);
  await Promise.all(members.map(({ server }) => server.end()));
  await Promise.all(members.map(({ line }) => line.end()));
  await sockets.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

// What happens under their hands is logged as an error each time.
const startOn = (line: DatabaseLine): Promise<ServerProcess> =>
  startServer(directory, { DATABASE_URL: line.url, ROOKERY_LOG_LEVEL: "silent" });

const rowsBy =
  (client: pg.Client) =>
  async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> =>
    (await client.query<Row>(sql)).rows;

/** One after the other: those that follow find the keys that the first has made. */
async function startMembers(count: number): Promise<void> {
  while (members.length < count) {
    const line = await openDatabaseLine(database.url);
    members.push({ line, server: await startOn(line) });
  }
}

/** Resolves when so many mails and sends more were answered. */
async function answered(load: MixedLoad, mails: number, sends: number): Promise<void> {
  const before = { mails: load.mails.length, sends: load.sends.length };
  await eventually(
    "more that is answered",
    async () => load.mails.length >= before.mails + mails && load.sends.length >= before.sends + sends,
  );
}

/** What is asked of it meanwhile is asked again of another when it is gone. */
async function kill(member: Member): Promise<void> {
  await member.server.kill();
  member.server = await startOn(member.line);
}

/** PostgreSQL has ended what it held in mid-commit when it goes on. */
async function stopForAWhile({ server }: Member, meanwhile: () => Promise<unknown>): Promise<void> {
  process.kill(server.pid, "SIGSTOP");
  try {
    await meanwhile();
    await eventually("the end of what it held", async () => {
      const held = await owner.query(
        `select from pg_stat_activity where datname = current_database() and state = 'idle in transaction'
         and now() - state_change > interval '1 second'`,
      );
      return held.rowCount === 0;
    });
  } finally {
    process.kill(server.pid, "SIGCONT");
  }
}

async function silence({ line, server }: Member): Promise<void> {
  line.silence();
  await eventually("ready again", async () => (await fetch(`${server.baseUrl}/readyz`)).ok);
}

test.each([2, 3])(
  "of %i processes, nothing that was answered is lost or doubled, whichever is killed, stopped or cut off, and all goes on",
  async (processes) => {
    await startMembers(processes);
    const [first, second, last] = [members[0], members[1], members.at(-1)];
    if (first === undefined || second === undefined || last === undefined)
      throw new Error("they were started");
    const { url, told } = await openStormReceiver(sockets);
    const inboxes = await makeStormTenants(first.server, url);
    /** Those that a balancer would choose from: a stopped one answers nothing to whom it is given. */
    let out: Member | null = null;
    let turn = 0;
    const choose = (): ServerProcess => {
      const up = members.filter((member) => member !== out);
      return (up[turn++ % up.length] ?? first).server;
    };
    const load = startMixedLoad(choose, inboxes);
    const without = async (member: Member, fault: () => Promise<unknown>): Promise<void> => {
      out = member;
      await fault();
      out = null;
    };
    await answered(load, 6, 6);
    await kill(last);
    await without(second, () => stopForAWhile(second, () => answered(load, 1, 0)));
    await answered(load, 6, 6);
    await silence(first);
    await answered(load, 6, 6);
    let commits = 0;
    for (const { line } of members) line.cutAnswers(COMMITTED, () => ++commits % 4 === 0);
    await answered(load, 12, 12);
    for (const { line } of members) line.cutAnswers(COMMITTED, () => false);
    // Two at once: all that is left then, or that starts, serves alone.
    await without(first, () => stopForAWhile(first, () => kill(second)));
    await answered(load, 6, 6);
    await load.stop();
    expect(members.reduce((sum, { line }) => sum + line.cuts(), 0)).toBeGreaterThan(10);
    await expectNothingLost(
      { rows: rowsBy(worker), asOwner: rowsBy(owner) },
      { load, inboxes, told, processes, sweepsMayWait: true },
    );
  },
  300_000,
);
