/** Rookery, PostgreSQL and both killed in turn under mixed load: everything acknowledged is stored, once, and consistent. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, test } from "vitest";
import { postgresPid } from "../support/engine-process.ts";
import { eventually } from "../support/eventually.ts";
import { startMixedLoad } from "../support/mixed-load.ts";
import { prepareCluster } from "../support/prepared-cluster.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { openSockets, type Sockets } from "../support/sockets.ts";
import { expectNothingLost, makeStormTenants, openStormReceiver } from "../support/storm.ts";

let directory: string;
let server: ServerProcess;
let sockets: Sockets;
let db: pg.Client;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "rookery-storm-"));
  await prepareCluster(directory);
  sockets = openSockets();
  server = await start();
});
afterEach(async () => {
  await db?.end();
  await server.end();
  await sockets.end();
  await rm(directory, { recursive: true, force: true });
});

// What happens under its hands is logged as an error each time.
const start = () => startServer(directory, { ROOKERY_LOG_LEVEL: "silent" });

async function killPostgres(): Promise<void> {
  process.kill(await postgresPid(directory), "SIGKILL");
}
async function killRookery(): Promise<void> {
  await server.kill();
  server = await start();
}

test("nothing that was answered is lost or doubled, and everything else comes to its end", async () => {
  const { url, told } = await openStormReceiver(sockets);
  const inboxes = await makeStormTenants(server, url);
  const load = startMixedLoad(() => server, inboxes);
  const kills = [
    killPostgres,
    killRookery,
    killPostgres,
    () => killPostgres().then(killRookery),
    killRookery,
  ];
  for (const kill of kills) {
    const before = [load.mails.length, load.sends.length];
    await eventually(
      "some of everything",
      async () => load.mails.length > (before[0] ?? 0) + 6 && load.sends.length > (before[1] ?? 0) + 10,
    );
    await kill();
  }
  await load.stop();
  db = new pg.Client({ host: join(directory, "socket"), user: "postgres", database: "rookery" });
  await db.connect();
  const rows = async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> =>
    (await db.query<Row>(sql)).rows;
  await expectNothingLost({ rows, asOwner: rows }, { load, inboxes, told, processes: 1 });
}, 300_000);
