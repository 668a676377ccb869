import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { At } from "../../door/targets.ts";
import { deleteApiKey, getApiKey, updateApiKey, whoAmI } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a key cannot be read, changed or deleted from beside, below or through the wrong level", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const ofAll = await t.seed.key({});
  const ofPod = await t.seed.key({ pod });
  const ofInbox = await t.seed.key({ inbox });
  const stranger = await t.seed.key({ pod: await t.seed.pod() });
  const tries: readonly (readonly [token: string, at: At, id: string])[] = [
    [stranger.token, {}, ofPod.id],
    [stranger.token, {}, ofAll.id],
    [ofPod.token, {}, ofAll.id],
    [ofInbox.token, {}, ofPod.id],
    [t.rootToken, { pod }, ofInbox.id],
    [t.rootToken, { pod }, ofAll.id],
    [t.rootToken, { inbox }, ofPod.id],
    [t.rootToken, {}, "not-an-id"],
  ];
  for (const [token, at, id] of tries) {
    const named = { id, exact: Object.keys(at).length > 0 };
    const refusals = [
      await t.refusal(token, getApiKey, at, named),
      await t.refusal(token, updateApiKey, at, { ...named, name: "Mine" }),
      await t.refusal(token, deleteApiKey, at, named),
    ];
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ code: "object.not_found", message: "API key not found" });
  }
  for (const { id, token } of [ofAll, ofPod, ofInbox]) {
    expect((await t.run(token, whoAmI, {}, undefined)).keyId).toBe(id);
    expect((await t.run(t.rootToken, getApiKey, {}, { id, exact: false })).name).toBe("API Key");
  }
});
