import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createDomain } from "../domains/index.ts";
import { deleteInbox } from "../inboxes/index.ts";
import { getOrganization } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const get = (by = t.rootToken) => t.run(by, getOrganization, {}, undefined);

it("counts the inboxes and domains of all its pods, and what is deleted no more", async () => {
  const before = await get();
  expect(before).toMatchObject({ id: t.organizationId, pausedAt: null, inboxCount: 0, domainCount: 0 });
  const { pod, token } = await t.seed.tenant();
  const [inbox] = [await t.seed.inbox(pod), await t.seed.inbox()];
  await t.run(token, createDomain, {}, { domain: "of-pod.example" });
  await t.run(t.rootToken, createDomain, {}, { domain: "of-all.example" });
  expect(await get()).toEqual({ ...before, inboxCount: 2, domainCount: 2 });
  await t.run(t.rootToken, deleteInbox, { inbox: inbox.address }, undefined);
  expect(await get()).toMatchObject({ inboxCount: 1, domainCount: 2 });
});

it("is read by each key of the organization, also one that has a single permission, and by none of a pod or inbox", async () => {
  const { pod, token } = await t.seed.tenant();
  const { token: narrow } = await t.seed.key({ inbox: (await t.seed.inbox(pod)).address });
  for (const by of [token, narrow])
    expect((await t.refusal(by, getOrganization, {}, undefined)).code).toMatch(/^(permission|scope)\./);
  const { token: single } = await t.seed.key({}, "pod_read");
  expect((await get(single)).id).toBe(t.organizationId);
});
