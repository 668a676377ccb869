import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../test/support/test-door.ts";
import { systemScope } from "../domain/door/access/index.ts";
import { getPod, suspendPod } from "../domain/tenancy/pods/index.ts";
import { sendMessage } from "../domain/transit/sends/index.ts";
import { systemClock } from "../lib/clock.ts";
import { createLog } from "../lib/log.ts";
import { erasePodsTask } from "./erase-pods.ts";
import { pruneTask } from "./prune.ts";

const DAY_MS = 24 * 3_600_000;

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const countOf = async (table: string): Promise<number> => {
  const { rows } = await t.behind((tx) =>
    sql<{ n: number }>`select count(*)::integer as n from ${sql.table(table)}`.execute(
      tx.within(systemScope),
    ),
  );
  return rows[0]?.n ?? 0;
};

test("a process whose clock is ahead deletes nothing before its time: neither what is kept for days, nor a pod whose grace lasts", async () => {
  const { address: inbox } = await t.seed.inbox();
  await t.run(t.rootToken, sendMessage, { inbox }, { to: ["a@b.example"], text: "Hi", idempotencyKey: "k" });
  const pod = await t.seed.pod();
  await t.run(t.rootToken, suspendPod, { pod }, { deleteAfter: new Date(Date.now() + 5 * DAY_MS) });
  const tables = ["events", "audit", "idempotency_keys", "pods"];
  const before = await Promise.all(tables.map(countOf));
  expect(before).not.toContain(0);
  const { database, door } = t;
  const { installation, newId } = t.parts.lent;
  const parts = {
    ...{ door, database, newId, limits: installation.limits, log: createLog("silent") },
    clock: { ...systemClock, now: () => new Date(Date.now() + 400 * DAY_MS) },
    retention: { eventDays: 30, auditDays: 365, evaluationDays: 30 },
  };
  await pruneTask(parts)({ after: "00000000-0000-0000-0000-000000000000" });
  await erasePodsTask(parts)({});
  expect(await Promise.all(tables.map(countOf))).toEqual(before);
  expect(await t.run(t.rootToken, getPod, { pod }, undefined)).toMatchObject({ id: pod });
});
