import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { deleteInbox } from "../inboxes/index.ts";
import { deletePod } from "../pods/index.ts";
import { deleteApiKey, getApiKey, listApiKeys, whoAmI } from "./index.ts";
import { type UpdateApiKey, updateApiKey } from "./update.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

type Changes = Omit<UpdateApiKey, "id" | "exact">;

it("a restricted key cannot widen itself, nor touch a key that holds more", async () => {
  const own = await t.seed.key({}, "api_key_update", "message_read");
  const wider = await t.seed.key({}, "api_key_update", "message_read", "message_send");
  const unrestricted = await t.seed.key({});
  const codeOf = async (id: string, changes: Changes): Promise<string> =>
    (await t.refusal(own.token, updateApiKey, {}, { id, exact: false, ...changes })).code;
  const more = { permissions: { api_key_update: true, message_delete: true } };
  expect(await codeOf(own.id, more)).toBe("permission.escalation");
  expect(await codeOf(own.id, { permissions: null })).toBe("permission.unrestricted_required");
  expect(await codeOf(wider.id, { name: "Mine" })).toBe("permission.escalation");
  expect(await codeOf(wider.id, { permissions: { message_read: true } })).toBe("permission.escalation");
  expect(await codeOf(unrestricted.id, { name: "Mine" })).toBe("permission.unrestricted_required");
  const unchanged = await t.run(t.rootToken, getApiKey, {}, { id: unrestricted.id, exact: false });
  expect(unchanged.name).toBe("API Key");
  expect(unchanged.updatedAt).toEqual(unchanged.createdAt);
  const narrower = { id: own.id, exact: false, permissions: { message_read: true } };
  const narrowed = await t.run(own.token, updateApiKey, {}, narrower);
  expect(narrowed.permissions).toEqual({ message_read: true });
  expect(await codeOf(own.id, { name: "Again" })).toBe("permission.missing");
});

it("keys are looked up anew by the process that changed them before it answers, however long the notice takes", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const key = await t.seed.key({}, "api_key_read");
  const [ofPod, ofInbox] = [await t.seed.key({ pod }), await t.seed.key({ inbox })];
  const all = { page: firstPage, exact: false };
  const identityOf = (token: string) => t.run(token, whoAmI, {}, undefined);
  const gone = { code: "auth.unknown_key" };
  // From here on keys are remembered. No notice ever comes: only the door can say that one was changed.
  t.authenticator.listening(true);
  try {
    for (const { token } of [key, ofPod, ofInbox]) await identityOf(token);
    await t.run(key.token, listApiKeys, {}, all);
    await t.run(t.rootToken, updateApiKey, {}, { id: key.id, exact: false, permissions: {} });
    expect((await t.refusal(key.token, listApiKeys, {}, all)).code).toBe("permission.missing");
    await t.run(t.rootToken, deleteApiKey, {}, { id: key.id, exact: false });
    await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
    await expect(identityOf(key.token)).rejects.toMatchObject(gone);
    await expect(identityOf(ofInbox.token)).rejects.toMatchObject(gone);
    expect(await identityOf(ofPod.token)).toMatchObject({ level: "pod" });
    await t.run(t.rootToken, deletePod, { pod }, undefined);
    await expect(identityOf(ofPod.token)).rejects.toMatchObject(gone);
  } finally {
    t.authenticator.listening(false);
  }
});
