import { chmod, mkdir, readdir, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { postgresPid, query, temporaryFolder } from "../../../test/support/engine-process.ts";
import { prepareCluster, preparedFolder } from "../../../test/support/prepared-cluster.ts";
import { startEmbedded } from "./embedded.ts";
import type { Engine } from "./engine.ts";
import { identityOf } from "./process-identity.ts";

async function start(dataDir: string, settings: Readonly<Record<string, string>> = {}): Promise<Engine> {
  const engine = await startEmbedded({ dataDir, log: () => undefined, settings });
  onTestFinished(() => engine.stop());
  return engine;
}

function hostOf({ connection }: Engine): string {
  return "host" in connection ? connection.host : "";
}

test("an empty directory becomes a durable database on a private socket, owned by a role without privileges", async () => {
  const dataDir = join(await temporaryFolder(onTestFinished), "made/on/the/way");
  const engine = await start(dataDir, { max_connections: "37" });
  const [row] = await query(
    engine.connection,
    `select current_user as "user", rolsuper, rolcreaterole, rolcreatedb, rolbypassrls,
       pg_get_userbyid(datdba) as owner, current_database() as database, pg_encoding_to_char(encoding) as encoding,
       datlocale as locale, current_setting('fsync') as fsync, current_setting('synchronous_commit') as commits,
       current_setting('listen_addresses') as tcp, current_setting('max_connections') as connections
     from pg_roles, pg_database where rolname = current_user and datname = current_database()`,
  );
  expect(row).toEqual({
    user: "rookery_owner",
    rolsuper: false,
    rolcreaterole: true,
    rolcreatedb: true,
    rolbypassrls: false,
    owner: "rookery_owner",
    database: "rookery",
    encoding: "UTF8",
    locale: "C.UTF-8",
    fsync: "on",
    commits: "on",
    tcp: "",
    connections: "37",
  });
  expect(engine.version).toMatch(/^18\.\d+$/);
  expect((await stat(hostOf(engine))).mode & 0o777).toBe(0o700);
  expect((await stat(join(dataDir, "postgres"))).mode & 0o777).toBe(0o700);
  expect((await stat(join(dataDir, "postgres.log"))).mode & 0o077).toBe(0);
  expect((await stat(join(dataDir, "postgres"))).uid).not.toBe(0);
});

test("stopping ends the process, may be asked twice, and what was committed is there at the next start", async () => {
  const dataDir = await preparedFolder(onTestFinished);
  const first = await start(dataDir);
  await query(first.connection, "create table notes (text text); insert into notes values ('kept')");
  const idle = new pg.Client(first.connection);
  idle.on("error", () => undefined);
  await idle.connect();
  const pid = await postgresPid(dataDir);
  await Promise.all([first.stop(), first.stop()]);
  await first.stop();
  expect(await identityOf(pid)).toBeNull();
  await expect(query(first.connection, "select 1")).rejects.toThrow();
  expect((await readdir(dataDir)).sort()).toEqual(["postgres", "postgres.log", "socket"]);

  await truncate(join(dataDir, "postgres.log"), 11 * 1024 * 1024);
  const second = await start(dataDir);
  expect(await query(second.connection, "select text from notes")).toEqual([{ text: "kept" }]);
  expect((await stat(join(dataDir, "postgres.log"))).size).toBeLessThan(1024 * 1024);
});

test("a setting that opens TCP does not let anybody in without a password", async ({ skip }) => {
  const engine = await start(await preparedFolder(onTestFinished), { listen_addresses: "127.0.0.1" }).catch(
    () => null,
  );
  if (engine === null) return skip("another program holds TCP port 5432 of this machine");
  await expect(
    query({ host: "127.0.0.1", port: 5432, user: "rookery_owner", database: "rookery" }, "select 1"),
  ).rejects.toThrow(/pg_hba\.conf/);
});

test("a path too long for a socket gets a private folder elsewhere, and not one planted there by another account", async () => {
  const dataDir = join(await temporaryFolder(onTestFinished), "a".repeat(60), "b".repeat(60));
  await prepareCluster(dataDir);
  const engine = await start(dataDir);
  const folder = hostOf(engine);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  expect(folder.startsWith(tmpdir())).toBe(true);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await query(engine.connection, "select 1 as one")).toEqual([{ one: 1 }]);
  await engine.stop();

  const victim = await temporaryFolder(onTestFinished);
  const before = await stat(victim);
  await rm(folder, { recursive: true, force: true });
  await symlink(victim, folder);
  await expect(start(dataDir)).rejects.toThrow(/is owned by another account/);
  const after = await stat(victim);
  expect([after.uid, after.mode]).toEqual([before.uid, before.mode]);
});

test("what a directory holds besides stays as it is, and others may pass only where PostgreSQL must", async () => {
  const dataDir = join(await temporaryFolder(onTestFinished), "data");
  await mkdir(dataDir, { mode: 0o700 });
  await writeFile(join(dataDir, "root.key"), "secret", { mode: 0o600 });
  await prepareCluster(dataDir);
  await chmod(dataDir, 0o700);
  await start(dataDir);
  expect((await stat(join(dataDir, "root.key"))).mode & 0o777).toBe(0o600);
  // Root lends PostgreSQL another account, which passes through; an ordinary user's directory stays shut.
  expect((await stat(dataDir)).mode & 0o777).toBe(process.getuid?.() === 0 ? 0o711 : 0o700);
});
