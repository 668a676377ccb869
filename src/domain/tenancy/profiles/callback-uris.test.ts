import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import {
  createCallbackUri,
  deleteCallbackUri,
  getCallbackUri,
  getProfile,
  updateCallbackUri,
  updateProfile,
} from "./index.ts";
import { MAX_CALLBACK_URIS } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(async () => t.close());

const url = "https://app.example.com/callback";

it("an organization has so many and no more, also when many are added at once", async () => {
  const one = async () => t.run(t.rootToken, createCallbackUri, {}, { url }).catch((error: unknown) => error);
  await t.run(
    t.rootToken,
    updateProfile,
    {},
    { callbackUris: Array.from({ length: MAX_CALLBACK_URIS - 3 }, () => ({ url })) },
  );
  const outcomes = await Promise.all(Array.from({ length: 8 }, one));
  expect(outcomes.filter((outcome) => outcome instanceof Error)).toHaveLength(5);
  const refused = await t.refusal(t.rootToken, createCallbackUri, {}, { url });
  expect(refused).toMatchObject({ code: "limit.exceeded", details: { limit: { count: MAX_CALLBACK_URIS } } });
  const { callbackUris } = await t.run(t.rootToken, getProfile, {}, undefined);
  expect(callbackUris).toHaveLength(MAX_CALLBACK_URIS);
});

it("one that is named by its id is changed, the others are replaced", async () => {
  const replace = (callbackUris: { url: string; id?: string }[]) =>
    t.run(t.rootToken, updateProfile, {}, { callbackUris });
  const [first] = (await replace([{ url }, { url: "myapp://two" }])).callbackUris;
  const id = first?.id ?? "";
  const { callbackUris } = await replace([{ url: "myapp://three" }, { id, url: "myapp://one" }]);
  expect(callbackUris).toHaveLength(2);
  expect(callbackUris).toContainEqual({ ...first, url: "myapp://one", updatedAt: expect.any(Date) });
  const twice = [
    { id, url },
    { id, url },
  ];
  expect(await t.refusal(t.rootToken, updateProfile, {}, { callbackUris: twice })).toMatchObject({
    code: "input.invalid",
    details: { path: ["callbackUris"] },
  });
});

it("one is read by its id, changed in what is given, and deleted once; another stays", async () => {
  await t.run(t.rootToken, updateProfile, {}, { callbackUris: [] });
  const settings = { scope: "mail" };
  const made = await t.run(t.rootToken, createCallbackUri, {}, { url, platform: "ios", settings });
  const other = await t.run(t.rootToken, createCallbackUri, {}, { url: "myapp://other" });
  const named = { callbackUri: made.id };
  const get = (callbackUri: string) => t.run(t.rootToken, getCallbackUri, {}, { callbackUri });
  expect(await get(made.id)).toEqual(made);
  const changed = await t.run(t.rootToken, updateCallbackUri, {}, { ...named, url: "myapp://changed" });
  expect(changed).toEqual({ ...made, url: "myapp://changed", updatedAt: changed.updatedAt });
  expect(await get(made.id)).toEqual(changed);
  const wrong = { ...named, platform: "web", url: "javascript:alert(1)" };
  expect(await t.refusal(t.rootToken, updateCallbackUri, {}, wrong)).toMatchObject({
    code: "input.invalid",
    details: { path: ["url"] },
  });
  expect(await get(made.id)).toEqual(changed);
  await t.run(t.rootToken, deleteCallbackUri, {}, named);
  for (const operation of [getCallbackUri, updateCallbackUri, deleteCallbackUri])
    for (const callbackUri of [made.id, crypto.randomUUID(), "nonsense"])
      expect((await t.refusal(t.rootToken, operation, {}, { callbackUri })).code).toBe("object.not_found");
  expect(await get(other.id)).toEqual(other);
});
