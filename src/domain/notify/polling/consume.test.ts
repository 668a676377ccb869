import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemActor, systemScope } from "../../door/access/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { MAX_POLLING_CONSUMERS } from "../limits.ts";
import { commitOffset, type ReceiveEvents, receiveEvents, shortenLease } from "./consume.ts";
import { createPollingWebhook } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** A subscription to what an inbox sends, and its consumers as the system runs them. */
async function subscription() {
  const { pod, token } = await t.seed.tenant();
  const { address: inbox } = await t.seed.inbox(pod);
  const { webhook } = await t.run(
    token,
    createPollingWebhook,
    {},
    {
      ...{ clientId: "worker", eventTypes: ["message.sent"], podIds: [], inboxIds: [] },
    },
  );
  const actor = await systemActor(t.database, "test", { podId: pod });
  if (actor === null) throw new Error("the pod is gone");
  const of = { webhookId: webhook.id, consumerId: "c" };
  const asked: ReceiveEvents = { ...of, limit: 2, leaseDurationMs: 60_000, startingPosition: "earliest" };
  return {
    ...{ of, asked, actor },
    send: () =>
      t.run(token, sendMessage, { inbox }, { to: ["a@outside.test"], text: "Hi", idempotencyKey: null }),
    async receive(changes: Partial<ReceiveEvents> = {}) {
      const { events, isAll } = await t.run(actor, receiveEvents, {}, { ...asked, ...changes });
      return [events.map(({ position }) => position), isAll] as const;
    },
    commit: (offset: number, consumerId = "c") =>
      t.run(actor, commitOffset, {}, { ...of, consumerId, offset }),
  };
}

const leaseUntil = (webhookId: string, fromNow: string) =>
  t.behind((tx) =>
    sql`update polling_consumers set leased_until = now() + ${fromNow}::interval where webhook_id = ${webhookId}`.execute(
      tx.within(systemScope),
    ),
  );

it("what is leased is passed over until the lease is over, and what is committed for good", async () => {
  const { send, receive, commit, of } = await subscription();
  for (let n = 0; n < 3; n++) await send();
  expect(await receive()).toEqual([[1, 2], false]);
  expect(await receive()).toEqual([[3], true]);
  expect(await receive()).toEqual([[], true]);
  await commit(1);
  await leaseUntil(of.webhookId, "-1 second");
  expect(await receive()).toEqual([[2, 3], true]);
  await commit(3);
  await commit(1);
  expect(await receive()).toEqual([[], true]);
});

it("what was leased while PostgreSQL's clock was days ahead comes again when that is set right", async () => {
  const { send, receive, of } = await subscription();
  await send();
  expect(await receive()).toEqual([[1], true]);
  await leaseUntil(of.webhookId, "30 days");
  expect(await receive()).toEqual([[1], true]);
});

it("consumers of other names each get everything; a new one may begin with what comes", async () => {
  const { send, receive } = await subscription();
  await send();
  expect(await receive()).toEqual([[1], true]);
  expect(await receive({ consumerId: "other" })).toEqual([[1], true]);
  expect(await receive({ consumerId: "late", startingPosition: "latest" })).toEqual([[], true]);
  await send();
  expect(await receive({ consumerId: "late", startingPosition: "latest" })).toEqual([[2], true]);
});

it("what did not fit into an answer is given back, and comes with the next", async () => {
  const { send, receive, actor, of } = await subscription();
  for (let n = 0; n < 3; n++) await send();
  expect(await receive()).toEqual([[1, 2], false]);
  await t.run(actor, shortenLease, {}, { ...of, leasedTo: 1 });
  expect(await receive()).toEqual([[2, 3], true]);
});

it("commits only what was given out, and has no more consumers than it may", async () => {
  const { send, receive, commit, actor, asked, of } = await subscription();
  await send();
  await receive();
  for (const offset of [2, -1, 0.5])
    expect(await t.refusal(actor, commitOffset, {}, { ...of, offset })).toMatchObject({
      ...{ code: "input.invalid", details: { path: ["offset"] } },
    });
  await t.behind((tx) =>
    sql`insert into polling_consumers (webhook_id, consumer_id, organization_id, pod_id, committed, leased_to, leased_until)
      select webhook_id, consumer_id || n, organization_id, pod_id, 0, 0, now() from polling_consumers,
        generate_series(2, ${MAX_POLLING_CONSUMERS}::integer) as n where webhook_id = ${of.webhookId}`.execute(
      tx.within(systemScope),
    ),
  );
  for (const refused of [
    t.refusal(actor, receiveEvents, {}, { ...asked, consumerId: "more" }),
    t.refusal(actor, commitOffset, {}, { ...of, consumerId: "more", offset: 0 }),
  ])
    expect(await refused).toMatchObject({ code: "limit.exceeded" });
  await commit(1);
});

it.each([
  [{ consumerId: "" }, "consumerId"],
  [{ consumerId: "a/b" }, "consumerId"],
  [{ limit: 0 }, "limit"],
  [{ leaseDurationMs: 0 }, "leaseDurationMs"],
  [{ startingPosition: "nonsense" }, "startingPosition"],
])("is refused with %o, and leases nothing", async (changes, field) => {
  const { send, receive, actor, asked } = await subscription();
  await send();
  const refusal = await t.refusal(actor, receiveEvents, {}, { ...asked, ...changes });
  expect(refusal).toMatchObject({ code: "input.invalid", details: { path: [field] } });
  expect(await receive()).toEqual([[1], true]);
});

it("of a subscription of another pod there is nothing to receive or commit", async () => {
  const [own, other] = [await subscription(), await subscription()];
  for (const refused of [
    t.refusal(other.actor, receiveEvents, {}, own.asked),
    t.refusal(other.actor, commitOffset, {}, { ...own.of, offset: 0 }),
  ])
    expect(await refused).toMatchObject({ code: "object.not_found" });
});
