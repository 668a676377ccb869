import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  accepted,
  attempt,
  deferred,
  deliveriesOf,
  peer,
  sender,
} from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemActor, systemScope } from "../../door/access/index.ts";
import { createSuppression, deleteSuppression } from "../../guardrails/suppressions/index.ts";
import { getStanding, giveBackOutbound, retryDelivery, takeOutbound } from "./index.ts";
import type { Take } from "./take.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

async function queue(...domains: readonly string[]) {
  const from = await sender(t);
  for (const domain of domains) await from.send(`a@${domain}`);
  const actor = await systemActor(t.database, "test", { podId: from.pod });
  if (actor === null) throw new Error("the pod is gone");
  const take = async (changes: Partial<Take> = {}) => {
    const { taken, hasMore } = await t.run(
      actor,
      takeOutbound,
      {},
      {
        ...{ podId: from.pod, withBytes: false, roomFor: () => 10, full: [], after: "", warmUp: null },
        ...changes,
      },
    );
    return { taken, hasMore, domains: taken.map(({ domain }) => domain) };
  };
  return { ...from, actor, take };
}

it("what is taken is its taker's alone, until it is given back, which is no attempt", async () => {
  const { pod, actor, take } = await queue("one.test");
  const [taken] = (await take()).taken;
  if (taken === undefined) throw new Error("nothing was taken");
  expect((await take()).taken).toEqual([]);
  const lease = { id: taken.id, attempt: taken.attempt, detail: "later" };
  const given = { podId: pod, leases: [lease], waitMs: 0 };
  await t.run(actor, giveBackOutbound, {}, given);
  expect(await deliveriesOf(t, pod)).toMatchObject([{ state: "queued", detail: "later" }]);
  const [again] = (await take()).taken;
  expect(again).toMatchObject({ id: taken.id, attempt: taken.attempt });
});

it("no more is taken for a domain than there is room, none of full ones, and what is left is told of", async () => {
  const { take } = await queue("one.test", "one.test", "two.test", "full.test");
  const first = await take({ roomFor: () => 1, full: ["full.test"] });
  expect(first).toMatchObject({ domains: ["one.test", "two.test"], hasMore: true });
  expect((await take({ full: ["full.test"] })).domains).toEqual(["one.test"]);
  expect(await take({ full: ["full.test"] })).toMatchObject({ domains: [] });
  expect(await take()).toMatchObject({ domains: ["full.test"], hasMore: false });
});

it("the bytes come when they are asked for, under a return path of the delivery", async () => {
  const { take } = await queue("one.test", "two.test");
  const [without] = (await take({ roomFor: (domain) => (domain === "one.test" ? 1 : 0) })).taken;
  const [whole] = (await take({ withBytes: true })).taken;
  expect(without?.raw ?? null).toBeNull();
  expect(whole?.raw?.toString()).toContain("To: a@two.test");
  expect(whole?.envelopeFrom).toMatch(/^bounces\+\w+@/);
  expect(whole?.envelopeFrom).not.toBe(without?.envelopeFrom);
});

const suppressIn = (pod: string, address: string) =>
  t.run(t.rootToken, createSuppression, { pod }, { address });
const rejectedIn = async (pod: string): Promise<unknown[]> => {
  const { rows } = await t.behind((tx) =>
    sql<{
      data: unknown;
    }>`select data from events where pod_id = ${pod} and type = 'message.rejected'`.execute(
      tx.within(systemScope),
    ),
  );
  return rows.map(({ data }) => data);
};
const WHY = "not sent: the address was suppressed meanwhile (manual)";

it("who is suppressed after the send gets nothing, whether it was queued or put off; the others of the message do", async () => {
  const { pod, send } = await sender(t);
  const other = await sender(t);
  await send("late@one.test", "Gone@one.test", "ok@one.test");
  await other.send("gone@one.test");
  await attempt(
    t,
    pod,
    peer((address) => (address === "ok@one.test" ? accepted(address) : deferred(address))),
  );
  await send("gone@two.test");
  await send("gone@b\u00fccher.test", "ok@b\u00fccher.test");
  for (const address of ["gone@one.test", "GONE@two.test", "gone@xn--bcher-kva.test"])
    await suppressIn(pod, address);
  const host = peer(accepted);
  for (const own of [pod, other.pod]) await attempt(t, own, host);
  expect(host.taken.map(({ recipients }) => recipients.join(" ")).toSorted()).toEqual([
    "gone@one.test",
    "late@one.test",
    "ok@b\u00fccher.test",
  ]);
  const settled = await deliveriesOf(t, pod);
  expect(settled.map(({ state, attempts, nextAttemptAt }) => [state, attempts, nextAttemptAt])).toEqual([
    ["failed", 2, null],
    ["failed", 1, null],
    ["failed", 1, null],
  ]);
  expect(
    settled.flatMap(({ recipients }) => recipients.map(({ address, state }) => `${address} ${state}`)),
  ).toEqual([
    ...["late@one.test sent", "Gone@one.test failed", "ok@one.test sent"],
    "gone@two.test failed",
    ...["gone@b\u00fccher.test failed", "ok@b\u00fccher.test sent"],
  ]);
  expect(settled[1]).toMatchObject({ reply: WHY, replyCode: null, enhancedCode: "5.7.1", mx: null });
  const rejected = await rejectedIn(pod);
  expect(rejected).toHaveLength(3);
  for (const address of ["Gone@one.test", "gone@two.test", "gone@b\u00fccher.test"])
    expect(rejected).toContainEqual({ reason: WHY, recipients: [address] });
  // Nobody was asked: it is no bounce.
  expect(await t.run(t.rootToken, getStanding, { pod }, undefined)).toMatchObject({ bounced: 0 });
});

it("one that was suppressed meanwhile is tried again when the suppression is gone, and not before", async () => {
  const { pod, send } = await sender(t);
  await send("gone@three.test");
  await suppressIn(pod, "gone@three.test");
  const host = peer(accepted);
  await attempt(t, pod, host);
  const [failed] = await deliveriesOf(t, pod);
  const retry = { deliveryId: failed?.id ?? "" };
  expect(await t.refusal(t.rootToken, retryDelivery, { pod }, retry)).toMatchObject({
    code: "message.rejected",
  });
  await t.run(t.rootToken, deleteSuppression, { pod }, { address: "gone@three.test" });
  await t.run(t.rootToken, retryDelivery, { pod }, retry);
  await attempt(t, pod, host);
  expect(host.taken).toHaveLength(1);
  expect(await deliveriesOf(t, pod)).toMatchObject([{ state: "sent" }]);
});
