import { spawn } from "node:child_process";
import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import { createDatabase } from "../../test/support/database.ts";
import { openDatabaseLine } from "../../test/support/database-line.ts";
import { eventually } from "../../test/support/eventually.ts";
import { openExternal } from "./engines/external.ts";
import { retryingPool } from "./retrying-pool.ts";

/** A process that runs jobs until its input has something, and ends when nothing is left to do: with an unhandled rejection not with 0. */
const worker = `
  import { once } from "node:events";
  import { randomBytes, randomUUID } from "node:crypto";
  import { startJobRunner } from ${JSON.stringify(new URL("./job-runner.ts", import.meta.url).href)};
  const log = { info() {}, warn() {}, error() {} };
  const runner = await startJobRunner({ connection: { connectionString: process.argv[1] } },
    [{ concurrency: 2, tasks: { note: async () => undefined } }],
    { log, id: randomUUID(), now: new Date(), random: randomBytes });
  await once(process.stdin, "data");
  await runner.stop();
  process.stdin.destroy();
`;

async function freshDatabase(): Promise<{ readonly url: string; readonly client: pg.Client }> {
  const { url, drop } = await createDatabase();
  onTestFinished(drop);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return { url, client };
}

it.each([
  ["its disk is full", "53100"],
  ["it only reads", "25006"],
])(
  "the end of a job is recorded later, and the process goes on, when the database cannot do it now: %s",
  async (_why, code) => {
    const { url, client } = await freshDatabase();
    // Tries are counted where no transaction takes them back.
    await client.query(`
    create sequence tries;
    create table trouble as select 1;
    create function refuse() returns trigger language plpgsql as $$begin
      if exists (select from trouble) then
        perform nextval('tries');
        raise exception 'not now' using errcode = '${code}';
      end if;
      return old;
    end$$;
    create trigger refuse before delete on graphile_worker._private_jobs for each row execute function refuse()`);
    const args = ["--input-type=module", "-e", worker, url];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "ignore", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const exited = new Promise((resolve) => child.once("exit", resolve));
    await client.query(`select rookery_enqueue('[{"task": "note", "payload": {}}]')`);
    const again = eventually("several tries", async () => {
      const { rows } = await client.query<{ tries: string }>("select last_value as tries from tries");
      return Number(rows[0]?.tries) > 2;
    });
    expect(await Promise.race([again, exited.then((how) => `ended with ${how}`)])).toBe(true);
    await client.query("delete from trouble");
    await eventually("the record", async () => {
      return (await client.query("select from graphile_worker._private_jobs")).rows.length === 0;
    });
    child.stdin.write("stop");
    expect(await exited).toBe(0);
  },
);

it("who waits for a connection waits for as long as the database is away", async () => {
  const { url } = await freshDatabase();
  const line = await openDatabaseLine(url);
  onTestFinished(() => line.end());
  const engine = await openExternal(line.url);
  line.admit("refuse");
  const { pool, end } = retryingPool(engine, 1, { waitsToConnect: true });
  onTestFinished(end);
  const connecting = pool.connect();
  await expect(openExternal(line.url), "it is away").rejects.toThrow();
  line.admit("pass");
  const connection = await connecting;
  expect((await connection.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  connection.release();
});
