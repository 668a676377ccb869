import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import {
  type EngineProcess,
  mustStart,
  postgresPid,
  query,
  spawnEngine,
  startEngine,
  temporaryFolder,
} from "../../../test/support/engine-process.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { preparedFolder } from "../../../test/support/prepared-cluster.ts";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity.ts";

/** A started engine that the test may kill or end; whatever is left of it afterwards is cleared away. */
async function begin(dataDir: string): Promise<EngineProcess> {
  const engine = await mustStart(dataDir);
  onTestFinished(() => clear(engine.child, dataDir));
  return engine;
}

async function clear(child: ChildProcess, dataDir: string): Promise<void> {
  child.kill("SIGKILL");
  const pid = await postgresPid(dataDir).catch(() => 0);
  const identity = await identityOf(pid);
  if (identity !== null && (await commandName(pid)) === "postgres") await killAndWait(identity);
}

async function commandName(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim();
}

async function killAndWait(identity: ProcessIdentity, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  if (await isRunning(identity)) process.kill(identity.pid, signal);
  await eventually("its end", async () => !(await isRunning(identity)));
}

async function postgresOf(dataDir: string): Promise<ProcessIdentity> {
  const identity = await identityOf(await postgresPid(dataDir));
  if (identity === null) throw new Error("PostgreSQL does not run");
  return identity;
}

const notes = "create table notes (text text); insert into notes values ('kept')";

test("a Rookery killed with -9 leaves its PostgreSQL behind; the next one stops it and loses nothing", async () => {
  const dataDir = await preparedFolder(onTestFinished);
  const first = await begin(dataDir);
  await query(first.connection, notes);
  const orphan = await postgresOf(dataDir);
  await first.kill();
  expect(await isRunning(orphan)).toBe(true);

  const second = await begin(dataDir);
  expect(await isRunning(orphan)).toBe(false);
  expect((await postgresOf(dataDir)).pid).not.toBe(orphan.pid);
  expect(second.lines().join("\n")).toContain(`process ${orphan.pid}) that an earlier Rookery left running`);
  expect(await query(second.connection, "select text from notes")).toEqual([{ text: "kept" }]);
  expect(await second.end()).toBe(0);
});

test("Rookery and PostgreSQL killed together recover, with the pid file they left", async () => {
  const dataDir = await preparedFolder(onTestFinished);
  const first = await begin(dataDir);
  await query(first.connection, notes);
  const postgres = await postgresOf(dataDir);
  const killed = first.kill();
  process.kill(postgres.pid, "SIGKILL");
  await killed;
  expect(await stat(join(dataDir, "postgres/postmaster.pid"))).toBeDefined();

  // At once: its own processes may not have ended yet, and must not be run beside.
  const second = await begin(dataDir);
  expect(second.lines().join("\n")).toContain("recovers now");
  expect(await query(second.connection, "select text from notes")).toEqual([{ text: "kept" }]);
  expect(await second.end()).toBe(0);
});

test("processes that a killed PostgreSQL left on the cluster are waited for, not run beside", async () => {
  const dataDir = await preparedFolder(onTestFinished);
  const first = await begin(dataDir);
  await query(first.connection, notes);
  const client = new pg.Client(first.connection);
  client.on("error", () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const backend = await identityOf(rows[0]?.pid ?? 0);
  if (backend === null) throw new Error("the connection has no process");
  onTestFinished(() => killAndWait(backend));
  process.kill(backend.pid, "SIGSTOP");
  await killAndWait(await postgresOf(dataDir));
  await first.kill();

  const starting = startEngine(dataDir);
  await eventually("the refusal of PostgreSQL", async () =>
    /still in use/.test(await readFile(join(dataDir, "postgres.log"), "utf8")),
  );
  expect(await isRunning(backend)).toBe(true);
  process.kill(backend.pid, "SIGCONT");
  const second = await starting;
  if (typeof second === "string") throw new Error(second);
  onTestFinished(() => clear(second.child, dataDir));
  expect(await query(second.connection, "select text from notes")).toEqual([{ text: "kept" }]);
  expect(await second.end()).toBe(0);
});

async function stateOf(pid: number): Promise<string> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "stat=", "-p", String(pid)]);
  return stdout.trim();
}

/**
 * A process that has nothing to do with PostgreSQL, run as the given account. A dead one keeps its id, as its parent is
 * stopped and never looks: so does every killed process below a process 1 that does not look either.
 */
async function stranger(account: object, dead: boolean): Promise<number> {
  const program = spawn("/bin/sh", ["-c", "sleep 1000 & echo $!; kill -STOP $$"], {
    cwd: "/",
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
    ...account,
  });
  onTestFinished(() => void process.kill(-(program.pid ?? 0), "SIGKILL"));
  const pid = Number(String((await once(program.stdout, "data"))[0]));
  await eventually("a stopped parent", async () => (await stateOf(program.pid ?? 0)).startsWith("T"));
  if (dead) process.kill(pid, "SIGKILL");
  await eventually("its state", async () => (dead ? /^Z/ : /^[SR]/).test(await stateOf(pid)));
  return pid;
}

test.each([
  ["another program has now", false],
  ["a killed process keeps", true],
])("a pid file whose process id %s does not block the start", async (_what, dead) => {
  const dataDir = await preparedFolder(onTestFinished);
  const first = await begin(dataDir);
  await query(first.connection, notes);
  expect(await first.end()).toBe(0);
  // As the account that PostgreSQL runs as: only such a process makes PostgreSQL itself refuse.
  const { uid, gid } = await stat(join(dataDir, "postgres"));
  const pid = await stranger(process.getuid?.() === 0 ? { uid, gid } : {}, dead);
  const state = await stateOf(pid);
  const text = `${pid}\n${join(dataDir, "postgres")}\n1700000000\n5432\n${join(dataDir, "socket")}\n\n`;
  for (const file of ["postgres/postmaster.pid", "socket/.s.PGSQL.5432.lock"]) {
    await writeFile(join(dataDir, file), text, { mode: 0o600 });
    await chown(join(dataDir, file), uid, gid);
  }

  const second = await begin(dataDir);
  expect(second.lines().join("\n")).toContain("was not shut down: it recovers now");
  expect(await query(second.connection, "select text from notes")).toEqual([{ text: "kept" }]);
  expect((await stateOf(pid))[0]).toBe(state[0]);
  expect(await second.end()).toBe(0);
});

test("a PostgreSQL that answers but cannot be seen is not run beside", async () => {
  const dataDir = await preparedFolder(onTestFinished);
  const first = await begin(dataDir);
  expect(await first.end()).toBe(0);
  const socket = join(dataDir, "socket/.s.PGSQL.5432");
  const elsewhere = createServer((peer) => peer.destroy());
  elsewhere.listen(socket);
  await once(elsewhere, "listening");
  onTestFinished(() => void elsewhere.close());
  const { uid, gid } = await stat(join(dataDir, "postgres"));
  const pidFile = join(dataDir, "postgres/postmaster.pid");
  await writeFile(
    pidFile,
    `4194303\n${join(dataDir, "postgres")}\n1700000000\n5432\n${join(dataDir, "socket")}\n\n`,
  );
  await chown(pidFile, uid, gid);
  expect(await startEngine(dataDir)).toMatch(/another container.*is serving.*Stop the Rookery/);
  expect(await readFile(pidFile, "utf8")).toContain("4194303");
});

test("a second Rookery on the directory is refused by name of the first, which goes on", async () => {
  const dataDir = await preparedFolder(onTestFinished);
  const first = await begin(dataDir);
  const postgres = await postgresOf(dataDir);
  expect(await startEngine(dataDir)).toBe(
    `Another Rookery (process ${first.child.pid}) is using ${dataDir}. Stop it, or give this one another ROOKERY_DATA_DIR.`,
  );
  expect(await isRunning(postgres)).toBe(true);
  expect(await query(first.connection, "select 1 as one")).toEqual([{ one: 1 }]);
  expect(await first.end()).toBe(0);
});

test("of several started at the same moment exactly one wins, also over what a killed one left", async () => {
  const dataDir = await temporaryFolder(onTestFinished);
  for (const round of ["on an empty directory", "over an orphan"]) {
    const outcomes = await Promise.all([1, 2, 3].map(() => startEngine(dataDir)));
    const engines = outcomes.filter((outcome) => typeof outcome !== "string");
    for (const { child } of engines) onTestFinished(() => clear(child, dataDir));
    expect(engines, round).toHaveLength(1);
    for (const outcome of outcomes)
      if (typeof outcome === "string") expect(outcome).toMatch(/^Another Rookery \(process \d+\) is using/);
    await engines[0]?.kill();
  }
});

/** A data directory on which Rookery was killed with the initdb it ran; null when that was done before it was seen at work. */
async function killedHalfway(): Promise<string | null> {
  const dataDir = join(await temporaryFolder(onTestFinished), "data");
  await mkdir(dataDir);
  const child = spawnEngine(dataDir);
  onTestFinished(() => clear(child, dataDir));
  const ended = once(child, "close");
  await eventually("its first files", async () => {
    const names = await readdir(dataDir);
    const draft = names.find((name) => name.startsWith("postgres.new."));
    const files = draft === undefined ? [] : await readdir(join(dataDir, draft)).catch(() => []);
    return names.includes("postgres") || files.includes("global");
  });
  // The whole group: initdb with it, as a power cut would.
  process.kill(-(child.pid ?? 0), "SIGKILL");
  await ended;
  return (await readdir(dataDir)).includes("postgres") ? null : dataDir;
}

test("a kill while the database is being made leaves nothing half made", async () => {
  // The moment lasts half a second: when the machine is busy it may pass unseen.
  const dataDir = await eventually("a kill in time", killedHalfway);
  expect((await readdir(dataDir)).filter((name) => name.startsWith("postgres.new."))).toHaveLength(1);

  const second = await begin(dataDir);
  await query(second.connection, notes);
  expect((await readdir(dataDir)).filter((name) => name.startsWith("postgres.new."))).toEqual([]);
  expect(await second.end()).toBe(0);
});

test("Ctrl-C reaches Rookery alone: it commits its last work before PostgreSQL ends", async () => {
  const dataDir = await preparedFolder(onTestFinished);
  const first = await begin(dataDir);
  await query(first.connection, "create table notes (text text)");
  const postgres = await postgresOf(dataDir);
  const ended = once(first.child, "close");
  process.kill(-(first.child.pid ?? 0), "SIGINT");
  expect((await ended)[0]).toBe(0);
  expect(await isRunning(postgres)).toBe(false);
  const second = await begin(dataDir);
  expect(await query(second.connection, "select text from notes")).toEqual([
    { text: "written after the signal" },
  ]);
  expect(await second.end()).toBe(0);
});

test("a PostgreSQL that ends by itself is started again with all that was committed, time after time", async () => {
  const dataDir = await preparedFolder(onTestFinished);
  const engine = await begin(dataDir);
  await query(engine.connection, notes);
  const told = (what: RegExp): number => engine.lines().filter((line) => what.test(line)).length;
  // More often than any list of pauses is long: only starts that fail count.
  for (let index = 0; index < 8; index++) {
    const signal = index % 4 === 3 ? "SIGQUIT" : "SIGKILL";
    const before = await postgresOf(dataDir);
    await killAndWait(before, signal);
    // It answers others a moment before its start counts as done; ended in between, it would be a start that failed.
    await eventually("the next start", async () => told(/PostgreSQL is running again/) === index + 1);
    expect(await query(engine.connection, "select text from notes")).toEqual([{ text: "kept" }]);
    expect((await postgresOf(dataDir)).pid).not.toBe(before.pid);
  }
  expect(told(/ended by itself \((SIGKILL|exit code \d)\)/)).toBe(8);
  expect(await engine.end()).toBe(0);
  expect(await postgresPid(dataDir).catch(() => "none")).toBe("none");
});

test("an engine can be stopped while its PostgreSQL is being started again, and leaves none behind", async () => {
  const dataDir = await preparedFolder(onTestFinished);
  const engine = await begin(dataDir);
  await killAndWait(await postgresOf(dataDir));
  await eventually("its noticing", async () => /ended by itself/.test(engine.lines().join()));
  expect(await engine.end()).toBe(0);
  expect(await identityOf(await postgresPid(dataDir).catch(() => 0))).toBeNull();
  await rm(dataDir, { recursive: true, force: true });
});
