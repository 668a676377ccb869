import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { eventually } from "../../test/support/eventually.ts";
import type { Engine } from "./engines/engine.ts";
import { openExternal } from "./engines/external.ts";
import { openProcessLocks, type ProcessLocks } from "./process-locks.ts";

let own: TestDatabase;
let engine: Engine;
const opened: ProcessLocks[] = [];
beforeAll(async () => {
  own = await createDatabase();
  engine = await openExternal(own.url);
});
afterAll(async () => {
  for (const locks of opened) await locks.close();
  await own.drop();
});

/** As another process has them. */
const locksOf = (space: number): ProcessLocks => {
  const locks = openProcessLocks(engine, space);
  opened.push(locks);
  return locks;
};

it("a lock is held by one process until it unlocks, and each purpose has its own", async () => {
  const [one, two, other] = [locksOf(1), locksOf(1), locksOf(2)];
  expect(await one.tryLock("pod")).toBe(true);
  expect([await two.tryLock("pod"), await two.tryLock("pod-2"), await other.tryLock("pod")]).toEqual([
    false,
    true,
    true,
  ]);
  await one.unlock("pod");
  expect(await two.tryLock("pod")).toBe(true);
});

it("the locks of a process whose connection ends are free, and it can lock again", async () => {
  const [one, two] = [locksOf(3), locksOf(3)];
  expect(await one.tryLock("pod")).toBe(true);
  const client = new pg.Client(engine.connection);
  await client.connect();
  const killed = await client.query(
    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 3",
  );
  await client.end();
  expect(killed.rowCount).toBe(1);
  await eventually("the lock", () => two.tryLock("pod"));
  await two.unlock("pod");
  // The first attempt may still meet the end of the old connection.
  await eventually("the lock again", () => one.tryLock("pod").catch(() => false));
});
