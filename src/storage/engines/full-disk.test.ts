/** A disk that is full for longer than PostgreSQL's first restarts take: it runs again once there is space. */
import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, open, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { mustStart, postgresPid, query } from "../../../test/support/engine-process.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { codeOf } from "../../lib/error-code.ts";

const mount = (folder: string, megabytes: number): boolean =>
  spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "none", folder]).status === 0;
const unmount = (folder: string): boolean => spawnSync("umount", ["--lazy", folder]).status === 0;

const probe = await mkdtemp(join(tmpdir(), "rookery-disk-"));
const canMount = mount(probe, 1) && unmount(probe);
await rm(probe, { recursive: true, force: true });

/** A disk of its own, gone after the test. A cluster takes some 60 MB of it. */
async function smallDisk(megabytes: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rookery-disk-"));
  if (!mount(folder, megabytes)) throw new Error("it could be mounted a moment ago");
  onTestFinished(async () => {
    unmount(folder);
    await rm(folder, { recursive: true, force: true });
  });
  await chmod(folder, 0o755);
  return folder;
}

/** Writes a file until the disk takes no more. @returns its path */
async function fill(disk: string): Promise<string> {
  const path = join(disk, "ballast");
  const file = await open(path, "a");
  try {
    for (const size of [1_048_576, 4096, 1]) while (await isWritten(file.write(Buffer.alloc(size))));
  } finally {
    await file.close();
  }
  return path;
}

async function isWritten(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (codeOf(error) !== "ENOSPC") throw error;
    return false;
  }
}

/** 50 MB of write-ahead log, beyond the segments that PostgreSQL has in stock. */
const moreLog =
  "select pg_logical_emit_message(false, 'ballast', repeat('x', 1000000)) from generate_series(1, 50)";

/** So many that the pauses between them add up to more than is waited for anything. */
const STARTS_OF_MINUTES = 7;

describe.skipIf(!canMount)("(skipped because no disk can be mounted here)", () => {
  test("PostgreSQL is started until the disk has room again, and has all that was committed", async () => {
    const disk = await smallDisk(160);
    const engine = await mustStart(join(disk, "data"));
    onTestFinished(() => void engine.child.kill("SIGKILL"));
    await query(engine.connection, "create table notes (text text); insert into notes values ('kept')");
    const ballast = await fill(disk);
    const told = (what: RegExp): number => engine.lines().filter((line) => what.test(line)).length;
    await eventually("starts that fail", async () => {
      // Write-ahead log without room ends the server; while it is down there is nobody to ask.
      await query(engine.connection, moreLog).catch(() => undefined);
      return told(/could not be restarted.*disk is full/) >= 3;
    });
    await rm(ballast);
    await eventually("the next start", async () => told(/is running again/) > 0);
    expect(await query(engine.connection, "select text from notes where text = 'kept'")).toEqual([
      { text: "kept" },
    ]);
    expect(await engine.end()).toBe(0);
  });

  test("once there is more room the next start waits no longer, after however many that failed", async () => {
    const disk = await smallDisk(300);
    const pieces = Array.from({ length: STARTS_OF_MINUTES }, (_, index) => join(disk, `piece-${index}`));
    for (const piece of pieces) await writeFile(piece, Buffer.alloc(17 * 1024 * 1024));
    const data = join(disk, "data");
    const engine = await mustStart(data);
    onTestFinished(() => void engine.child.kill("SIGKILL"));
    const told = (what: RegExp): number => engine.lines().filter((line) => what.test(line)).length;
    // What keeps it from starting does not matter.
    const settings = join(data, "postgres/postgresql.conf");
    await rename(settings, `${settings}.away`);
    process.kill(await postgresPid(data), "SIGKILL");
    for (const [index, piece] of pieces.entries()) {
      await eventually("a start that fails", async () => told(/could not be restarted/) > index);
      if (index === pieces.length - 1) await rename(`${settings}.away`, settings);
      await rm(piece);
    }
    await eventually("the next start", async () => told(/is running again/) > 0);
    expect(await engine.end()).toBe(0);
  });
});
