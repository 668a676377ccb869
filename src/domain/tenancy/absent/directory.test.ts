import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import {
  authorizeInbox,
  connectApp,
  getAccount,
  getApp,
  listAccounts,
  listAppAccounts,
  listApps,
  revokeSignInKeys,
  updateAccount,
} from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const codeOf = async (refused: Promise<{ readonly code: string }>) => (await refused).code;

it("the directory is empty, and whatever is named in it is not found, by the caller's own word for it", async () => {
  const none = { items: [], next: null };
  expect(await t.run(t.rootToken, listApps, {}, firstPage)).toEqual(none);
  expect(await t.run(t.rootToken, listAccounts, {}, firstPage)).toEqual(none);
  for (const noun of ["App", "Provider"] as const) {
    const app = { appId: "Acme Inc.", noun };
    expect(await t.run(t.rootToken, listAppAccounts, {}, { ...app, page: firstPage })).toEqual(none);
    // Every key is without what it takes to sign in, unless it was granted.
    const { token } = await t.seed.key({}, "app_connect");
    for (const refusal of [
      await t.refusal(t.rootToken, getApp, {}, app),
      await t.refusal(token, connectApp, {}, app),
    ])
      expect(refusal).toMatchObject({ code: "object.not_found", message: `${noun} not found` });
    expect(await codeOf(t.refusal(t.rootToken, getApp, {}, { appId: "-.-", noun }))).toBe("input.invalid");
  }
});

it("signing in is refused to an unrestricted key too, as it is off unless granted", async () => {
  const { address: inbox } = await t.seed.inbox();
  const connecting = { appId: "acme", noun: "App" } as const;
  expect(await codeOf(t.refusal(t.rootToken, connectApp, {}, connecting))).toBe("permission.missing");
  expect(await codeOf(t.refusal(t.rootToken, authorizeInbox, { inbox }, undefined))).toBe(
    "permission.missing",
  );
  const { token } = await t.seed.key({}, "app_connect", "inbox_read");
  expect(await codeOf(t.refusal(token, authorizeInbox, { inbox }, undefined))).toBe("object.not_found");
});

it("no account is there to read or change, and no key that an agent signed in with to revoke", async () => {
  const { token } = await t.seed.key({}, "account_update", "inbox_read", "api_key_delete");
  for (const operation of [getAccount, updateAccount, revokeSignInKeys])
    expect(await codeOf(t.refusal(token, operation, {}, undefined))).toBe("object.not_found");
});
