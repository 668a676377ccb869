import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createInbox, getInbox, type Inbox } from "../inboxes/index.ts";
import { createPod } from "../pods/index.ts";
import { assignInboxes } from "./index.ts";
import { MAX_ASSIGNED } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

let pod: string;
beforeEach(async () => {
  pod = await t.seed.pod();
});

const podOf = async ({ address }: Inbox) =>
  (await t.run(t.rootToken, getInbox, { inbox: address }, undefined)).podId;

describe("inboxes assigned to a pod", () => {
  it("are named by id, address or client_id, come from any pod, and each is there once", async () => {
    const one = await t.seed.inbox();
    const two = await t.seed.inbox(await t.seed.pod());
    const three = await t.run(t.rootToken, createInbox, {}, { clientId: `three-${pod}` });
    const there = await t.seed.inbox(pod);
    const assigned = await t.run(
      t.rootToken,
      assignInboxes,
      { pod: { id: pod } },
      {
        assign: [
          { id: one.id },
          { address: two.address.toUpperCase() },
          { clientId: `three-${pod}` },
          { id: there.id },
          { address: one.address },
        ],
        remove: [],
      },
    );
    expect(assigned.assigned).toEqual([one.id, two.id, three.id, there.id]);
    expect(assigned.pod.id).toBe(pod);
    for (const inbox of [one, two, three, there]) expect(await podOf(inbox)).toBe(pod);
  });

  it("leave for the Default Pod when they are removed, and those of other pods stay", async () => {
    const own = await t.seed.inbox(pod);
    const other = await t.seed.inbox(await t.seed.pod());
    const { removed } = await t.run(
      t.rootToken,
      assignInboxes,
      { pod },
      { assign: [], remove: [{ id: own.id }, { id: other.id }] },
    );
    expect(removed).toEqual([own.id]);
    expect(await podOf(own)).toBe(t.organizationId);
    expect(await podOf(other)).toBe(other.podId);
  });

  it("move all or not at all: an absent one, one in both lists, a taken name and too many refuse the whole", async () => {
    const good = await t.seed.inbox();
    const refusal = (
      assign: readonly ({ id: string } | { own: true })[],
      remove: readonly { id: string }[] = [],
    ) => t.refusal(t.rootToken, assignInboxes, { pod }, { assign, remove });
    expect((await refusal([{ id: good.id }, { id: "0190a000-0000-7000-8000-00000000dead" }])).code).toBe(
      "inbox.not_found",
    );
    expect((await refusal([{ id: good.id }, { id: "no uuid" }])).code).toBe("inbox.not_found");
    expect((await refusal([{ own: true }])).code).toBe("input.invalid");
    expect((await refusal([])).code).toBe("input.invalid");
    const there = await t.seed.inbox(pod);
    for (const { id } of [good, there])
      expect((await refusal([{ id }], [{ id }])).code).toBe("input.invalid");
    const many = Array.from({ length: MAX_ASSIGNED + 1 }, () => ({ id: good.id }));
    expect((await refusal(many)).code).toBe("input.invalid");
    await t.run(t.rootToken, createInbox, { pod }, { clientId: "taken" });
    const named = await t.run(t.rootToken, createInbox, {}, { clientId: "taken" });
    expect((await refusal([{ id: good.id }, { id: named.id }])).code).toBe("object.conflict");
    expect(await podOf(good)).toBe(t.organizationId);
  });

  it("are for keys of the organization alone", async () => {
    const { token } = await t.seed.key({ pod });
    const inbox = await t.seed.inbox(pod);
    const input = { assign: [{ id: inbox.id }], remove: [] };
    expect((await t.refusal(token, assignInboxes, { pod }, input)).code).toBe("permission.missing");
    const { token: narrow } = await t.seed.key({}, "pod_update");
    expect((await t.refusal(narrow, assignInboxes, { pod }, input)).code).toBe("permission.missing");
  });
});

it("a pod is found by the domain that it groups", async () => {
  const grouping = await t.run(t.rootToken, createPod, {}, { groupDomain: "Grouped.example" });
  const inbox = await t.seed.inbox();
  await t.run(
    t.rootToken,
    assignInboxes,
    { pod: { domain: "grouped.example" } },
    { assign: [{ id: inbox.id }], remove: [] },
  );
  expect(await podOf(inbox)).toBe(grouping.id);
});
