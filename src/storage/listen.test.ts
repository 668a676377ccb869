import { writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { postgresPid, query } from "../../test/support/engine-process.ts";
import { eventually } from "../../test/support/eventually.ts";
import { preparedFolder, UNSAFE_SETTINGS } from "../../test/support/prepared-cluster.ts";
import { openSockets, type Sockets } from "../../test/support/sockets.ts";
import { startEmbedded } from "./engines/embedded.ts";
import { openExternal } from "./engines/external.ts";
import { listen } from "./listen.ts";

let database: TestDatabase;
let sockets: Sockets;

beforeEach(async () => {
  database = await createDatabase();
  sockets = openSockets();
});
afterEach(async () => {
  await sockets.end();
  await database.drop();
});

const sessions =
  "select pid from pg_stat_activity where application_name = 'rookery_listen' and datname = current_database()";

async function run(statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

test("notices arrive, again after the connection was lost, and it is said when they cannot", async () => {
  const [notices, states]: [string[], boolean[]] = [[], []];
  const stop = await listen(await openExternal(database.url), {
    channel: "news",
    onNotice: (payload) => void notices.push(payload),
    onState: (connected) => void states.push(connected),
  });
  await run("notify news, 'one'");
  await eventually("the first notice", async () => notices.length === 1);
  await run(`select pg_terminate_backend(pid) from (${sessions}) as mine`);
  await eventually("the new connection", async () => states.length === 3);
  await run("notify news, 'two'");
  await eventually("the second notice", async () => notices.length === 2);
  expect([notices, states]).toEqual([
    ["one", "two"],
    [true, false, true],
  ]);
  await stop();
  expect(states).toEqual([true, false, true, false]);
  await eventually("its end", async () => (await run(sessions)).length === 0);
});

/** A way to the database that can be held up: connections are then taken, and go no further until they are let through. */
async function gateway(): Promise<{ url: string; open: Set<Socket>; hold(): void; letThrough(): void }> {
  const url = new URL(database.url);
  const [host, port] = [url.searchParams.get("host") ?? url.hostname, Number(url.port || 5432)];
  const open = new Set<Socket>();
  let isHeld = false;
  const waiting: (() => void)[] = [];
  const near = await sockets.open(
    createServer((socket) => {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      const pass = (): void => {
        const database = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
        database.on("error", () => socket.destroy());
        socket.pipe(database).pipe(socket);
      };
      if (isHeld) waiting.push(pass);
      else pass();
    }),
  );
  url.searchParams.delete("host");
  url.host = `127.0.0.1:${near}`;
  const letThrough = (): void => {
    isHeld = false;
    for (const pass of waiting.splice(0)) pass();
  };
  return { url: url.href, open, hold: () => (isHeld = true), letThrough };
}

test("told to end while it connects again, it leaves no connection behind", async () => {
  const way = await gateway();
  const stop = await listen(await openExternal(way.url), {
    channel: "news",
    onNotice: () => undefined,
    onState: () => undefined,
  });
  way.hold();
  await run(`select pg_terminate_backend(pid) from (${sessions}) as mine`);
  await eventually("its end", async () => way.open.size === 0);
  await eventually("the next connection", async () => way.open.size === 1);
  await stop();
  way.letThrough();
  await eventually("the end of that one too", async () => way.open.size === 0);
});

test("a server that was a standby when the connection began is listened to once it takes writes", async () => {
  const folder = await preparedFolder(onTestFinished);
  const engine = await startEmbedded({ dataDir: folder, log: () => undefined, settings: UNSAFE_SETTINGS });
  const superuser = { ...engine.connection, user: "postgres" };
  const notices: string[] = [];
  const stop = await listen(engine, {
    channel: "news",
    onNotice: (payload) => void notices.push(payload),
    onState: () => undefined,
  });
  await writeFile(join(folder, "postgres/standby.signal"), "");
  process.kill(await postgresPid(folder), "SIGINT");
  await eventually("a connection to the standby", async () => {
    const [standby] = await query(
      superuser,
      `select from (${sessions}) as mine where pg_is_in_recovery()`,
    ).catch(() => []);
    return standby;
  });
  await query(superuser, "select pg_promote()");
  await eventually("a notice", async () => {
    await query(superuser, "notify news, 'heard'");
    return notices.length > 0;
  });
  await stop();
  await engine.stop();
});
