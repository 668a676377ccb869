import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../test/support/engine-process.ts";
import { startEmbedded } from "./engines/embedded.ts";
import { type Engine, EngineSetupError } from "./engines/engine.ts";
import { openExternal } from "./engines/external.ts";
import { migrate, outstandingMigrations } from "./migrate.ts";

/** A cluster of its own, in which no Rookery has made roles yet. */
let server: Engine;
let host = "";
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const dataDir = await temporaryFolder((end) => void cleanups.push(end));
  server = await startEmbedded({ dataDir, log: () => undefined });
  if ("host" in server.connection) host = server.connection.host;
});
afterAll(async () => {
  await server.stop();
  for (const cleanup of cleanups) await cleanup();
});

async function asSuperuser(database: string, statements: string): Promise<void> {
  const client = new pg.Client({ host, user: "postgres", database });
  await client.connect();
  try {
    // One by one: some may not run in a transaction with others.
    for (const statement of statements.split(";")) if (statement.trim() !== "") await client.query(statement);
  } finally {
    await client.end();
  }
}

beforeEach(async () => {
  await asSuperuser("postgres", "drop database if exists mail with (force)");
  for (const role of ["rookery_app", "rookery_worker", "ann", "bob"])
    await asSuperuser("postgres", `drop role if exists ${role}`);
  await asSuperuser("postgres", "create role ann login; create role bob login; create database mail");
});

const openAs = (role: string): Promise<Engine> =>
  openExternal(`postgresql:///mail?host=${encodeURIComponent(host)}&user=${role}`);

/** What a command says to a role that lacks something. */
async function refusal(role: string, act: (engine: Engine) => Promise<unknown> = migrate): Promise<string> {
  const error: unknown = await act(await openAs(role)).catch((thrown: unknown) => thrown);
  if (!(error instanceof EngineSetupError)) throw new Error(`not refused: ${String(error)}`);
  return error.message;
}

/** The SQL between the sentence's last backquotes. */
const adviceOf = (message: string): string => /`([^`]*;)`$/.exec(message)?.[1] ?? "";

test.each([
  ["nothing but a login", "select 1"],
  ["CREATEROLE, and no right in the database", "alter role ann createrole"],
  ["the database, and not CREATEROLE", "alter database mail owner to ann"],
  ["CREATE without the right to pass it on", "grant create on schema public to ann"],
  ["no schema public", "drop schema public; alter database mail owner to ann"],
])("a role that has %s gets the SQL it takes, which suffices", async (_what, statements) => {
  await asSuperuser("mail", statements);
  const message = await refusal("ann");
  expect(message).toMatch(
    /^The role ann lacks rights that Rookery needs in database mail\. Run as a superuser/,
  );
  expect(await refusal("ann", outstandingMigrations), "doctor says the same").toBe(message);
  await asSuperuser("mail", adviceOf(message));
  expect(await migrate(await openAs("ann"))).toContain("0001_tenancy.sql");
  expect(await migrate(await openAs("ann"))).toEqual([]);
});

test("a role with CREATEROLE that owns its database needs nothing else", async () => {
  await asSuperuser("mail", "alter role ann createrole; alter database mail owner to ann");
  expect(await migrate(await openAs("ann"))).toContain("0001_tenancy.sql");
});

test("a second owner in a cluster whose access roles another one made is asked to have them granted", async () => {
  await asSuperuser("mail", "create role rookery_app nologin; create role rookery_worker nologin");
  await asSuperuser("mail", "alter role bob createrole; alter database mail owner to bob");
  const message = await refusal("bob");
  expect(adviceOf(message)).toBe("grant rookery_app, rookery_worker to bob;");
  await asSuperuser("mail", adviceOf(message));
  expect(await migrate(await openAs("bob"))).toContain("0001_tenancy.sql");
});

test("tables of another role are named with their owner, and what is advised suffices", async () => {
  await asSuperuser("mail", "alter role ann createrole; alter database mail owner to ann");
  await migrate(await openAs("ann"));
  const message = await refusal("bob");
  expect(message).toMatch(
    /^The tables in database mail belong to the role ann, and DATABASE_URL names bob\./,
  );
  await asSuperuser("mail", adviceOf(message));
  const second = await refusal("bob");
  expect(adviceOf(second)).toBe("grant rookery_app, rookery_worker to bob;");
  await asSuperuser("mail", adviceOf(second));
  expect(await migrate(await openAs("bob"))).toEqual([]);
});

test("a database that takes no writes is reported with the SQL that changes it, wherever it was set", async () => {
  await asSuperuser("mail", "alter role ann createrole; alter database mail owner to ann");
  await asSuperuser("mail", "alter role ann in database mail set default_transaction_read_only = on");
  const error: unknown = await openAs("ann").catch((thrown: unknown) => thrown);
  if (!(error instanceof EngineSetupError)) throw new Error("not refused");
  expect(error.message).toContain("takes no writes: default_transaction_read_only is on");
  await asSuperuser("mail", /`([^`]*)`/.exec(error.message)?.[1] ?? "");
  expect(await migrate(await openAs("ann"))).toContain("0001_tenancy.sql");
});

test("names that need quotes are quoted in the advice", async () => {
  await asSuperuser("postgres", 'drop role if exists "Ann-1"');
  await asSuperuser("postgres", 'create role "Ann-1" login');
  const message = await refusal("Ann-1");
  expect(adviceOf(message)).toContain('grant create on database mail to "Ann-1"');
  await asSuperuser("mail", adviceOf(message));
  expect(await migrate(await openAs("Ann-1"))).toContain("0001_tenancy.sql");
  await asSuperuser("postgres", "drop database mail with (force)");
});
