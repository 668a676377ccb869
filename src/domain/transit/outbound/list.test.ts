import { afterAll, beforeAll, expect, it } from "vitest";
import {
  accepted,
  attempt,
  deferred,
  peer,
  refused,
  type Sender,
  sender,
} from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Cursor, Page, PageRequest } from "../../door/cursor.ts";
import { type Delivery, getQueue, listDeliveries } from "./index.ts";

let t: TestDoor;
let senders: readonly Sender[];
beforeAll(async () => {
  t = await openTestDoor();
  senders = [await sender(t), await sender(t), await sender(t)];
  for (const [at, { pod, send }] of senders.entries()) {
    for (const local of ["one", "two"]) await send(`${local}@common.test`, `${local}@pod${at}.test`);
    await attempt(
      t,
      pod,
      peer((address) => (address.startsWith("two@c") ? refused : accepted)(address)),
    );
    await send("three@common.test");
    await attempt(t, pod, peer(deferred));
    await send("four@common.test");
  }
});
afterAll(() => t.close());

interface Asked {
  readonly at?: { readonly pod?: string; readonly inbox?: string };
  readonly domain?: string;
  readonly states?: readonly string[];
  readonly ascending?: boolean;
}

/** Every delivery of a filtered list, fetched in pages of two, as pod of the sender and first recipient; and how many pages. */
async function listed({ at = {}, ascending = false, ...filter }: Asked) {
  const found: string[] = [];
  let [after, pages]: [Cursor | null, number] = [null, 0];
  do {
    const page: PageRequest = { size: 2, after, ascending };
    const { items, next }: Page<Delivery> = await t.run(t.rootToken, listDeliveries, at, { ...filter, page });
    for (const { podId, recipients } of items)
      found.push(`${senders.findIndex(({ pod }) => pod === podId)} ${recipients[0]?.address}`);
    [after, pages] = [next, pages + 1];
  } while (after !== null);
  return { found, pages };
}

const commonOf = (sender: number): string[] =>
  ["four", "three", "two", "one"].map((local) => `${sender} ${local}@common.test`);

it("deliveries to a domain are listed in their order, of the organization, a pod and an inbox", async () => {
  const all = [2, 1, 0].flatMap(commonOf);
  expect(await listed({ domain: "Common.test" })).toEqual({ found: all, pages: 6 });
  expect((await listed({ domain: "common.test", ascending: true })).found).toEqual(all.toReversed());
  const [, { pod = "", inbox = "" } = {}] = senders;
  expect((await listed({ at: { pod }, domain: "common.test" })).found).toEqual(commonOf(1));
  expect((await listed({ at: { inbox }, domain: "common.test" })).found).toEqual(commonOf(1));
  expect((await listed({ domain: "pod1.test" })).found).toEqual(["1 two@pod1.test", "1 one@pod1.test"]);
  expect((await listed({ at: { pod }, domain: "pod0.test" })).found).toEqual([]);
});

it("deliveries in a state, or several, are listed alike, also of one domain", async () => {
  const each = (...locals: string[]) =>
    [2, 1, 0].flatMap((at) => locals.map((local) => `${at} ${local}@common.test`));
  expect((await listed({ states: ["bounced"] })).found).toEqual(each("two"));
  expect((await listed({ states: ["deferred"] })).found).toEqual(each("three"));
  expect((await listed({ states: ["queued", "deferred"] })).found).toEqual(each("four", "three"));
  expect((await listed({ states: ["bounced", "queued"] })).found).toEqual(each("four", "two"));
  expect((await listed({ states: ["sent"], domain: "common.test" })).found).toEqual(each("one"));
  expect((await listed({ states: ["failed", "complained"] })).found).toEqual([]);
  const [{ pod = "" } = {}] = senders;
  expect((await listed({ at: { pod }, states: ["bounced"], domain: "common.test" })).found).toEqual([
    "0 two@common.test",
  ]);
});

it("what waits is counted by domain, with what was said of the last that was tried", async () => {
  const { domains } = await t.run(t.rootToken, getQueue, {}, {});
  expect(domains).toMatchObject([
    { domain: "common.test", queued: 3, sending: 0, deferred: 3, why: "450 4.2.0 greylisted" },
  ]);
});
