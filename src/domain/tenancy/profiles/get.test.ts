import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getProfile, updateProfile } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("is there from the beginning, and is read as it was kept; a pod's keys see no callback URIs", async () => {
  const get = (by: string) => t.run(by, getProfile, {}, undefined);
  const empty = await get(t.rootToken);
  expect(empty).toMatchObject({ organizationId: t.organizationId, kept: {}, callbackUris: [] });
  const branding = { name: "A" };
  const urls = ["https://app.example.com/one", "myapp://two"];
  const callbackUris = urls.map((url) => ({ url }));
  await t.run(t.rootToken, updateProfile, {}, { branding, callbackUris });
  const { token } = await t.seed.tenant();
  const whole = await get(t.rootToken);
  expect(whole).toMatchObject({ name: empty.name, kept: { branding }, callbackUris });
  expect(whole.callbackUris.map(({ organizationId }) => organizationId)).toEqual([
    t.organizationId,
    t.organizationId,
  ]);
  expect(await get(token)).toEqual({ ...whole, callbackUris: [] });
});
