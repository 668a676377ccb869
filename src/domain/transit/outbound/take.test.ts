import { afterAll, beforeAll, expect, it } from "vitest";
import { deliveriesOf, sender } from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemActor } from "../../door/access/index.ts";
import { giveBackOutbound, takeOutbound } from "./index.ts";
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
