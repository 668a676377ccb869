import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { At } from "../../door/targets.ts";
import { listApiKeys } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("keys are listed at exactly their own level, and from above all together", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const ofAll = await t.seed.key({});
  const ofPod = await t.seed.key({ pod });
  const ofInbox = await t.seed.key({ inbox });
  const ofOther = await t.seed.key({ pod: await t.seed.pod() });
  const list = async (token: string, at: At, asked: object = {}): Promise<string[]> => {
    const input = { page: firstPage, exact: false, ...asked };
    return (await t.run(token, listApiKeys, at, input)).items.map(({ id }) => id);
  };
  expect(await list(t.rootToken, { pod }, { exact: true })).toEqual([ofPod.id]);
  expect(await list(t.rootToken, { inbox }, { exact: true })).toEqual([ofInbox.id]);
  expect(await list(ofPod.token, {})).toEqual([ofInbox.id, ofPod.id]);
  const upwards = { page: { ...firstPage, ascending: true } };
  expect(await list(ofPod.token, {}, upwards)).toEqual([ofPod.id, ofInbox.id]);
  const one = { page: { ...firstPage, size: 1 }, type: "bearer" };
  expect(await list(ofPod.token, {}, one)).toEqual([ofInbox.id]);
  expect(await list(ofPod.token, {}, { type: "public_key" })).toEqual([]);
  expect(await list(ofInbox.token, {})).toEqual([ofInbox.id]);
  const all = await list(t.rootToken, {});
  expect(all).toEqual(expect.arrayContaining([ofAll.id, ofPod.id, ofInbox.id, ofOther.id]));
});
