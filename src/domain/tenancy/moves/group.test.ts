import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openQueuedJobs, type QueuedJobs } from "../../../../test/support/queued-jobs.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { moveTasks } from "../../../workers/move-inboxes.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDomain } from "../domains/index.ts";
import { createInbox, getInbox, type Inbox } from "../inboxes/index.ts";
import { createPod } from "../pods/index.ts";
import { type GroupInboxes, groupInboxes } from "./index.ts";
import { GROUPING_INTERVAL_MS, MOVED_INBOXES } from "./limits.ts";

let t: TestDoor;
let jobs: QueuedJobs;
beforeAll(async () => {
  t = await openTestDoor();
  jobs = await openQueuedJobs(t);
});
afterAll(async () => {
  await jobs.close();
  await t.close();
});

const behind = (statement: ReturnType<typeof sql>) =>
  t.behind((tx) => statement.execute(tx.within(systemScope)));

beforeEach(async () => void (await behind(sql`update pods set grouped_at = null`)));

/** A verified domain of the organization and a pod that groups it. */
async function grouping(domain: string, autoGroup = true): Promise<string> {
  await t.run(t.rootToken, createDomain, {}, { domain });
  await behind(sql`update domains set status = 'VERIFIED'`);
  return (await t.run(t.rootToken, createPod, {}, { groupDomain: domain, autoGroup })).id;
}

const inboxOf = (domain: string, pod?: string): Promise<Inbox> =>
  t.run(t.rootToken, createInbox, pod === undefined ? {} : { pod }, { domain });

const podOf = async ({ address }: Inbox) =>
  (await t.run(t.rootToken, getInbox, { inbox: address }, undefined)).podId;

/** Asks for it, and runs the job as the queue would. */
async function group(input: GroupInboxes = {}): Promise<readonly string[]> {
  await t.run(t.rootToken, groupInboxes, {}, input);
  return jobs.runAll(moveTasks(t));
}

it("inboxes of the Default Pod go into the pods of their domains; others stay, and so do those of a pod that does not group of itself", async () => {
  const pod = await grouping("one.example");
  const passive = await grouping("passive.example", false);
  const elsewhere = await t.seed.pod();
  const [own, unasked, plain, placed] = [
    await inboxOf("one.example"),
    await inboxOf("passive.example"),
    await t.seed.inbox(),
    await inboxOf("one.example", elsewhere),
  ];
  expect(await group()).toEqual(["group_inboxes"]);
  expect(await podOf(own)).toBe(pod);
  expect(await podOf(unasked)).toBe(t.organizationId);
  expect(await podOf(plain)).toBe(t.organizationId);
  expect(await podOf(placed)).toBe(elsewhere);
  expect(passive).not.toBe(pod);
});

it("with a domain named its inboxes come from every pod", async () => {
  const pod = await grouping("two.example");
  const other = await grouping("three.example");
  const placed = await inboxOf("two.example", await t.seed.pod());
  const different = await inboxOf("three.example");
  await group({ specificDomain: "TWO.example" });
  expect(await podOf(placed)).toBe(pod);
  expect(await podOf(different)).toBe(t.organizationId);
  expect(other).not.toBe(pod);
});

it("paused inboxes and those made before a time are left out, unless they are asked for", async () => {
  const pod = await grouping("four.example");
  const paused = await inboxOf("four.example");
  await behind(sql`update inboxes set paused_at = now() where id = ${paused.id}`);
  await group();
  expect(await podOf(paused)).toBe(t.organizationId);
  await behind(sql`update pods set grouped_at = null`);
  await group({ createdAfter: new Date(Date.now() + 1000), withPaused: true });
  expect(await podOf(paused)).toBe(t.organizationId);
  await behind(sql`update pods set grouped_at = null`);
  await group({ withPaused: true });
  expect(await podOf(paused)).toBe(pod);
});

it("a default pod of many pages is done whole, and an inbox that cannot move keeps nobody from moving", async () => {
  const pod = await grouping("five.example");
  await t.run(t.rootToken, createInbox, { pod }, { clientId: "taken" });
  const stuck = await t.run(t.rootToken, createInbox, {}, { domain: "five.example", clientId: "taken" });
  const first = await inboxOf("five.example");
  await behind(sql`
    with made as (select gen_random_uuid() as id, n from generate_series(1, ${MOVED_INBOXES}) n),
      rows as (insert into inboxes (pod_id, id, organization_id, address, created_at, updated_at)
        select ${t.organizationId}, id, ${t.organizationId}, 'n' || n || '@plain.example', date_trunc('milliseconds', now()), now() from made)
    insert into addresses (address, organization_id, pod_id, inbox_id)
    select 'n' || n || '@plain.example', ${t.organizationId}, ${t.organizationId}, id from made`);
  const last = await inboxOf("five.example");
  await group();
  expect(await podOf(stuck)).toBe(t.organizationId);
  expect(await podOf(first)).toBe(pod);
  expect(await podOf(last)).toBe(pod);
});

it("is asked for once a minute for an organization, also by two at once", async () => {
  const asking = [1, 2, 3].map(() => t.run(t.rootToken, groupInboxes, {}, {}));
  const outcomes = await Promise.allSettled(asking);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const refusal = await t.refusal(t.rootToken, groupInboxes, {}, {});
  expect(refusal.code).toBe("limit.reached");
  const leftMs = (refusal.details.limit?.resetAt?.getTime() ?? 0) - Date.now();
  expect(leftMs).toBeGreaterThan(0);
  expect(leftMs).toBeLessThanOrEqual(GROUPING_INTERVAL_MS);
  expect(await jobs.runAll(moveTasks(t))).toEqual(["group_inboxes"]);
  const { token } = await t.seed.key({ pod: await t.seed.pod() });
  expect((await t.refusal(token, groupInboxes, {}, {})).code).toBe("permission.missing");
});
