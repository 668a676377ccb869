import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { dropOtherConnections } from "../../../../test/support/database.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { LARGE_READ_BYTES } from "../../limits.ts";
import { suspendPod, unsuspendPod } from "../../tenancy/pods/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { createWebhook, type DeliveryJob, findDueDeliveries, loadDelivery } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const hook = {
  url: "https://hooks.example.com/",
  eventTypes: ["message.sent"] as const,
  podIds: [],
  inboxIds: [],
};

function dueIn(podId: string): Promise<readonly DeliveryJob[]> {
  const search = { podId, isFailing: false, except: [], exceptWebhooks: [], limit: 100 };
  const after = "00000000-0000-0000-0000-000000000000";
  return findDueDeliveries(t.database, { ...search, after }, new Date());
}

it("an event is loaded without the bodies of a large message, which no event is written with", async () => {
  const loaded = async (text: string) => {
    const pod = await t.seed.pod();
    const { address: inbox } = await t.seed.inbox(pod);
    await t.run(t.rootToken, createWebhook, { inbox }, hook);
    await t.run(t.rootToken, sendMessage, { inbox }, { to: ["x@outside.test"], text, idempotencyKey: null });
    const [job] = await dueIn(pod);
    if (job === undefined) throw new Error("nothing is due");
    return (await loadDelivery(t.database, job))?.event.message;
  };
  expect(await loaded("Hi")).toMatchObject({ text: "Hi", extractedText: "Hi" });
  expect(await loaded("long ".repeat(LARGE_READ_BYTES / 8))).toMatchObject({
    ...{ text: null, extractedText: null },
    // As it is, and without history.
    leftOut: 2 * 5 * (LARGE_READ_BYTES / 8),
  });
});

it("while a pod is suspended its endpoints hear nothing, the organization's do, and what waited is delivered afterwards", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const { id: own } = await t.run(t.rootToken, createWebhook, { inbox }, hook);
  const { id: wide } = await t.run(t.rootToken, createWebhook, {}, hook);
  const due = async (): Promise<string[]> => (await dueIn(pod)).map(({ webhookId }) => webhookId);
  await t.run(
    t.rootToken,
    sendMessage,
    { inbox },
    { to: ["x@outside.test"], text: "Hi", idempotencyKey: null },
  );
  await t.run(t.rootToken, suspendPod, { pod }, {});
  expect(await due()).toEqual([wide]);
  const { rows } = await t.behind((tx) =>
    sql<{ webhook_id: string }>`select webhook_id from webhook_deliveries
      where pod_id = ${pod} and next_attempt_at > now() and attempts = 0`.execute(tx.within(systemScope)),
  );
  expect(rows.map((row) => row.webhook_id)).toEqual([own]);
  await t.run(t.rootToken, unsuspendPod, { pod }, undefined);
  await t.behind((tx) =>
    sql`update webhook_deliveries set next_attempt_at = now() where pod_id = ${pod}`.execute(
      tx.within(systemScope),
    ),
  );
  expect((await due()).toSorted()).toEqual([own, wide].toSorted());
});

it("nothing is due while the database takes no writes: no attempt could be recorded, and each would be made again", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  await t.run(t.rootToken, createWebhook, { inbox }, hook);
  await t.run(
    t.rootToken,
    sendMessage,
    { inbox },
    { to: ["x@outside.test"], text: "Hi", idempotencyKey: null },
  );
  const client = new pg.Client({ ...t.engine.connection, options: "-c default_transaction_read_only=off" });
  await client.connect();
  onTestFinished(() => client.end());
  const { rows } = await client.query<{ name: string }>("select quote_ident(current_database()) as name");
  await client.query(`alter database ${rows[0]?.name} set default_transaction_read_only = on`);
  await dropOtherConnections(client);
  await eventually("connections that only read", async () => {
    const [one] = await t
      .behind((tx) =>
        sql<{ off: boolean }>`select current_setting('default_transaction_read_only') = 'off' as off`
          .execute(tx.within(systemScope))
          .then((answer) => answer.rows),
      )
      .catch(() => []);
    return one?.off === false;
  });
  expect(await dueIn(pod)).toEqual([]);
  await client.query(`alter database ${rows[0]?.name} reset default_transaction_read_only`);
  await dropOtherConnections(client);
  await eventually("the delivery", async () => (await dueIn(pod).catch(() => [])).length > 0);
});
