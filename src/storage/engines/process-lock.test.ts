import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../test/support/engine-process.ts";
import { EngineError } from "./engine.ts";
import { identityOf, isRunning } from "./process-identity.ts";
import { lockDirectory } from "./process-lock.ts";

async function deadPid(): Promise<number> {
  const child = spawn("/bin/sh", ["-c", "exit 0"]);
  await once(child, "close");
  return child.pid ?? 0;
}

test("a held lock refuses with the holder's process id, and is free once given back", async () => {
  const directory = await temporaryFolder(onTestFinished);
  const unlock = await lockDirectory(directory);
  await expect(lockDirectory(directory)).rejects.toThrow(`Another Rookery (process ${process.pid})`);
  await unlock();
  const again = await lockDirectory(directory);
  expect(await readdir(directory)).toEqual(["rookery.lock"]);
  await again();
  expect(await readdir(directory)).toEqual([]);
});

test("giving back twice does not take the next holder's lock away", async () => {
  const directory = await temporaryFolder(onTestFinished);
  const unlock = await lockDirectory(directory);
  await unlock();
  const theirs = "1 another-boot 1\n";
  await writeFile(join(directory, "rookery.lock"), theirs);
  await unlock();
  expect(await readFile(join(directory, "rookery.lock"), "utf8")).toBe(theirs);
});

const boot = async (): Promise<string> => (await identityOf(process.pid))?.boot ?? "";
test.each([
  ["a process that is gone", async () => `${await deadPid()} ${await boot()} 12345\n`],
  ["a process whose id another program has now", async () => `${process.pid} ${await boot()} 1\n`],
  [
    "a process of before the last boot",
    async () => `${process.pid} earlier ${(await identityOf(process.pid))?.start}\n`,
  ],
  ["a write that a power cut emptied", async () => ""],
])("of many at once exactly one takes over the lock of %s", async (_what, stale) => {
  const directory = await temporaryFolder(onTestFinished);
  await writeFile(join(directory, "rookery.lock"), await stale());
  const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => lockDirectory(directory)));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const outcome of outcomes)
    if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(EngineError);
  expect(await readdir(directory)).toEqual(["rookery.lock"]);
});

test("a kill during a take-over does not block the next one", async () => {
  const directory = await temporaryFolder(onTestFinished);
  const dead = `${await deadPid()} ${await boot()} 12345\n`;
  await writeFile(join(directory, "rookery.lock"), dead);
  await writeFile(join(directory, "rookery.lock+"), dead);
  const unlock = await lockDirectory(directory);
  expect(await readdir(directory)).toEqual(["rookery.lock"]);
  await unlock();
});

test("a process is known by its start as well as its id", async () => {
  const child = spawn("/bin/sh", ["-c", "read line"]);
  const identity = await identityOf(child.pid ?? 0);
  expect(identity?.pid).toBe(child.pid);
  if (identity === null) return;
  expect(await isRunning(identity)).toBe(true);
  expect(await isRunning({ ...identity, start: "1" })).toBe(false);
  child.stdin.end("\n");
  await once(child, "close");
  expect(await isRunning(identity)).toBe(false);
});
