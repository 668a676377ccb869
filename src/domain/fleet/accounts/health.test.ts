import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attachPolicy, limit } from "../../../../test/support/policies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { updatePolicy } from "../../guardrails/policies/index.ts";
import { createWebhook } from "../../notify/webhooks/index.ts";
import { createDomain } from "../../tenancy/domains/index.ts";
import { createInbox, pauseInbox, resumeInbox } from "../../tenancy/inboxes/index.ts";
import { pauseOrganization, resumeOrganization } from "../../tenancy/organizations/index.ts";
import { pausePod, resumePod } from "../../tenancy/pods/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { type AccountList, getAccount, type HealthStatus, listAccounts } from "./index.ts";
import { WEBHOOK_FAULT_MINUTES } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const list: AccountList = {
  ...{ size: 100, skip: 0, sort: "created_at", ascending: false, address: null, status: null },
  ...{ podId: null, since: null, before: null },
};

/** Codes of what is wrong with the inbox, as it is got and as it is listed. */
async function faultsOf(inbox: string, by = t.rootToken): Promise<string[]> {
  const { health } = await t.run(by, getAccount, { inbox }, undefined);
  const listed = await t.run(by, listAccounts, {}, { ...list, address: inbox });
  expect(listed.map((account) => account.health)).toEqual([health]);
  expect(health.status).toBe(health.faults.length === 0 ? "valid" : "invalid");
  for (const status of ["valid", "invalid"] as const)
    expect((await addresses(status, by)).includes(inbox), `${inbox} is listed as ${status}`).toBe(
      status === health.status,
    );
  return health.faults.map(({ code }) => code);
}

const addresses = async (status: HealthStatus, by = t.rootToken): Promise<string[]> =>
  (await t.run(by, listAccounts, {}, { ...list, status })).map(({ inbox }) => inbox.address);

/** Has an endpoint of these fail since so many minutes ago. */
async function failingWebhook(at: { pod?: string; inbox?: string }, minutes: number, named: object = {}) {
  const webhook = await t.run(t.rootToken, createWebhook, at, {
    url: "http://127.0.0.1:8000/in",
    eventTypes: ["message.received"],
    podIds: [],
    inboxIds: [],
    ...named,
  } as never);
  await setFailing(webhook.id, minutes);
  return webhook.id;
}

const setFailing = (id: string, minutes: number | null, enabled = true) =>
  t.behind((tx) =>
    tx
      .within(systemScope)
      .updateTable("webhooks")
      .set({ failing_since: minutes === null ? null : new Date(Date.now() - minutes * 60_000), enabled })
      .where("id", "=", id)
      .execute(),
  );

test("a pause of the inbox, of its pod and of the organization each shows, the widest first, and goes with it", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const { token } = await t.seed.key({ inbox });
  expect(await faultsOf(inbox)).toEqual([]);
  await t.run(t.rootToken, pauseInbox, { inbox }, undefined);
  expect(await faultsOf(inbox)).toEqual(["paused"]);
  await t.run(t.rootToken, pausePod, { pod }, undefined);
  await t.run(t.rootToken, pauseOrganization, {}, undefined);
  for (const by of [t.rootToken, token])
    expect(await faultsOf(inbox, by)).toEqual(["organization_paused", "workspace_paused", "paused"]);
  expect(await addresses("valid")).toEqual([]);
  await t.run(t.rootToken, resumeOrganization, {}, undefined);
  await t.run(t.rootToken, resumeInbox, { inbox }, undefined);
  expect(await faultsOf(inbox, token)).toEqual(["workspace_paused"]);
  await t.run(t.rootToken, resumePod, { pod }, undefined);
  expect(await faultsOf(inbox)).toEqual([]);
});

test("a domain that is not verified any more, or that is gone, is a fault of its inboxes and of no others", async () => {
  const pod = await t.seed.pod();
  const domain = "health.example";
  await t.run(t.rootToken, createDomain, { pod }, { domain, feedbackEnabled: true });
  const setStatus = (status: string) =>
    t.behind((tx) =>
      tx.within(systemScope).updateTable("domains").set({ status }).where("domain", "=", domain).execute(),
    );
  await setStatus("VERIFIED");
  const { address: inbox } = await t.run(t.rootToken, createInbox, { pod }, { username: "a", domain });
  const { address: other } = await t.seed.inbox(pod);
  const { token } = await t.seed.key({ pod });
  expect(await faultsOf(inbox)).toEqual([]);
  await setStatus("FAILED");
  for (const by of [t.rootToken, token]) {
    expect(await faultsOf(inbox, by)).toEqual(["domain_not_verified"]);
    expect(await faultsOf(other, by)).toEqual([]);
  }
  await t.behind((tx) => tx.within(systemScope).deleteFrom("domains").where("domain", "=", domain).execute());
  expect(await faultsOf(inbox)).toEqual(["domain_not_verified"]);
});

test("an endpoint counts for the inboxes it serves once it has failed for a while, and while it has not worked since", async () => {
  const [pod, elsewhere] = [await t.seed.pod(), await t.seed.pod()];
  const [inbox, neighbour] = [await t.seed.inbox(pod), await t.seed.inbox(pod)];
  const outside = await t.seed.inbox(elsewhere);
  const faults = async () => [
    await faultsOf(inbox.address),
    await faultsOf(neighbour.address),
    await faultsOf(outside.address),
  ];
  const own = await failingWebhook({ inbox: inbox.address }, WEBHOOK_FAULT_MINUTES + 1);
  expect(await faults()).toEqual([["webhook_failing"], [], []]);
  await setFailing(own, WEBHOOK_FAULT_MINUTES - 1);
  expect(await faults()).toEqual([[], [], []]);
  await setFailing(own, 60 * 24 * 5, false);
  expect(await faults()).toEqual([["webhook_failing"], [], []]);
  await setFailing(own, null, false);
  expect(await faults()).toEqual([[], [], []]);
  const ofPod = await failingWebhook({ pod }, 60);
  expect(await faults()).toEqual([["webhook_failing"], ["webhook_failing"], []]);
  await setFailing(ofPod, null);
  const ofAll = await failingWebhook({}, 60);
  expect(await faults()).toEqual([[], [], []]);
  await setFailing(ofAll, null);
  await failingWebhook({}, 60, { inboxIds: [outside.address] });
  expect(await faults()).toEqual([[], [], ["webhook_failing"]]);
});

test("a key learns of endpoints only what it may read", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  await failingWebhook({ pod }, 60);
  const ofInbox = await t.seed.key({ inbox });
  const withoutWebhooks = await t.seed.key({ pod }, "inbox_read");
  expect(await faultsOf(inbox)).toEqual(["webhook_failing"]);
  expect(await faultsOf(inbox, (await t.seed.key({ pod })).token)).toEqual(["webhook_failing"]);
  expect(await faultsOf(inbox, ofInbox.token)).toEqual([]);
  expect(await faultsOf(inbox, withoutWebhooks.token)).toEqual([]);
});

test("an inbox that has used up what a policy gives it for a day or longer says what, how much and until when", async () => {
  const pod = await t.seed.pod();
  const [busy, idle] = [await t.seed.inbox(pod), await t.seed.inbox(pod)];
  const { token } = await t.seed.key({ inbox: busy.address });
  const { token: ofPod } = await t.seed.key({ pod });
  const policy = await limit(t, pod, { sentPerDay: 2, sentPerHour: 2 });
  const send = () =>
    t.run(
      token,
      sendMessage,
      { inbox: busy.address },
      { to: ["a@outside.test"], text: "Hi", idempotencyKey: null },
    );
  await send();
  expect(await faultsOf(busy.address)).toEqual([]);
  await send();
  for (const by of [t.rootToken, ofPod, token])
    expect(await faultsOf(busy.address, by)).toEqual(["over_limits"]);
  expect(await faultsOf(idle.address)).toEqual([]);
  const { health } = await t.run(token, getAccount, { inbox: busy.address }, undefined);
  expect(health.faults[0]?.message).toMatch(
    /^Daily send limit reached: 2 of 2 used, until .+T00:00:00.000Z$/,
  );
  await t.run(t.rootToken, updatePolicy, {}, { id: policy, limits: { sentPerDay: 3 } });
  expect(await faultsOf(busy.address), "a cap of an hour is a pace").toEqual([]);
  await t.run(
    t.rootToken,
    updatePolicy,
    {},
    { id: policy, limits: { sentPerDay: null, sentPerThirtyDays: 2 } },
  );
  expect(await faultsOf(busy.address)).toEqual(["over_limits"]);
  await t.run(
    t.rootToken,
    updatePolicy,
    {},
    { id: policy, limits: { sentPerDay: 0, sentPerThirtyDays: null } },
  );
  expect(await faultsOf(busy.address), "who may send nothing is not broken").toEqual([]);
  await attachPolicy(t, pod, null);
  expect(await faultsOf(busy.address)).toEqual([]);
});

test("so does one that has received its day's mail, or whose mailbox is full", async () => {
  const pod = await t.seed.pod();
  const { id, address: inbox } = await t.seed.inbox(pod);
  await limit(t, pod, { receivedPerDay: 5, storageBytes: 1000 });
  const version = await t.behind(async (tx) => {
    const { rows } = await sql<{
      version: string;
    }>`select o.guardrails_version || '.' || p.guardrails_version as version
      from pods p join organizations o on o.id = p.organization_id where p.id = ${pod}::uuid`.execute(
      tx.within(systemScope),
    );
    return rows[0]?.version ?? "";
  });
  const store = (received: number, daysAgo: number, bytes: number, under: string) =>
    t.behind(async (tx) => {
      const db = tx.within(systemScope);
      const day = new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
      await sql`insert into receive_counts (pod_id, inbox_id, organization_id, day, received)
        values (${pod}::uuid, ${id}::uuid, ${t.organizationId}::uuid, ${day}::date, ${received})
        on conflict (pod_id, inbox_id) do update set day = excluded.day, received = excluded.received`.execute(
        db,
      );
      await sql`insert into storage_counts (pod_id, inbox_id, organization_id, bytes, version)
        values (${pod}::uuid, ${id}::uuid, ${t.organizationId}::uuid, ${bytes}, ${under})
        on conflict (pod_id, inbox_id) do update set bytes = excluded.bytes, version = excluded.version`.execute(
        db,
      );
    });
  await store(4, 0, 999, version);
  expect(await faultsOf(inbox)).toEqual([]);
  await store(5, 0, 1000, version);
  expect(await faultsOf(inbox)).toEqual(["over_limits", "over_limits"]);
  const { health } = await t.run(t.rootToken, getAccount, { inbox }, undefined);
  expect(health.faults.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^Daily receive limit reached: 5 of 5 used, until /),
    "The mailbox is full: 1000 of 1000 bytes used",
  ]);
  await store(5, 1, 1000, "0.0");
  expect(await faultsOf(inbox), "of yesterday, and counted under other limits").toEqual([]);
});

test("the health of two hundred accounts takes as many statements as that of one", async () => {
  const pod = await t.seed.pod();
  for (let made = 0; made < 20; made++) await t.seed.inbox(pod);
  const statementsFor = async (size: number): Promise<number> => {
    const actor = await t.authenticator.authenticate(t.rootToken);
    let count = 0;
    const database: TestDoor["database"] = {
      ...t.database,
      transaction: (scope, work, options) =>
        t.database.transaction(
          scope,
          (tx) => {
            const within = tx.within.bind(tx);
            tx.within = (own) => {
              count++;
              return within(own);
            };
            return work(tx);
          },
          options,
        ),
    };
    const { createDoor } = await import("../../door/door.ts");
    await createDoor({ ...t.parts, database }).run(listAccounts, actor, {}, { ...list, podId: pod, size });
    return count;
  };
  expect(await statementsFor(20)).toBe(await statementsFor(1));
});
