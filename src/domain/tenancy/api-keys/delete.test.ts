import { afterAll, beforeAll, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { listen } from "../../../storage/listen.ts";
import { KEY_CHANNEL } from "../../door/access/index.ts";
import { deleteApiKey, listApiKeys, updateApiKey, whoAmI } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a key deletes those that hold no more than it does, and not the root key nor any other that holds more", async () => {
  const { keyId: rootId } = await t.run(t.rootToken, whoAmI, {}, undefined);
  if (rootId === null) throw new Error("the root key has no id");
  const maker = await t.seed.key({}, "api_key_delete", "message_read");
  const [lesser, other] = [await t.seed.key({}, "message_read"), await t.seed.key({}, "message_send")];
  const remove = (id: string) => t.run(maker.token, deleteApiKey, {}, { id, exact: false });
  const codeOf = async (id: string): Promise<string> =>
    (await t.refusal(maker.token, deleteApiKey, {}, { id, exact: false })).code;
  const listed = async (): Promise<string[]> =>
    (await t.run(t.rootToken, listApiKeys, {}, { page: firstPage, exact: false })).items.map(({ id }) => id);
  expect(await codeOf(rootId)).toBe("permission.unrestricted_required");
  expect(await codeOf(other.id)).toBe("permission.escalation");
  expect(await listed()).toEqual(expect.arrayContaining([rootId, other.id]));
  await remove(lesser.id);
  expect(await listed()).not.toContain(lesser.id);
  await remove(maker.id);
  expect(await listed()).not.toContain(maker.id);
});

it("a key is revoked at once, and every process is notified", async () => {
  const pod = await t.seed.pod();
  const { id, token } = await t.seed.key({ pod });
  const notices: string[] = [];
  const heard = Promise.withResolvers<void>();
  const onNotice = (payload: string): void => {
    if (notices.push(payload) === 2) heard.resolve();
  };
  const stop = await listen(t.engine, { channel: KEY_CHANNEL, onNotice, onState: () => undefined });
  const key = { id, exact: true };
  await t.run(t.rootToken, updateApiKey, { pod }, { ...key, permissions: { message_read: true } });
  await t.run(t.rootToken, deleteApiKey, { pod }, key);
  await heard.promise;
  await stop();
  expect(notices).toEqual([id, id]);
  await expect(t.run(token, whoAmI, {}, undefined)).rejects.toMatchObject({ code: "auth.unknown_key" });
  expect((await t.refusal(t.rootToken, deleteApiKey, { pod }, key)).code).toBe("object.not_found");
});
