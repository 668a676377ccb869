import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createDraft, getDraft } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("is read with its texts at each level, by a key that reaches it", async () => {
  const { pod, token } = await t.seed.tenant();
  const { address: inbox } = await t.seed.inbox(pod);
  const texts = { text: "Text", html: "<p>Text</p>" };
  const made = await t.run(token, createDraft, { inbox }, { replyAll: false, subject: "S", ...texts });
  expect(made).toMatchObject({ ...texts, subject: "S", podId: pod, inboxAddress: inbox });
  const { token: narrow } = await t.seed.key({ inbox });
  for (const [by, at] of [
    [t.rootToken, {}],
    [token, { pod }],
    [narrow, { inbox }],
  ] as const)
    expect(await t.run(by, getDraft, at, { draftId: made.id })).toEqual(made);
});

it("of another inbox, one that is not there and what is no id are the same not found", async () => {
  const [own, other] = [(await t.seed.inbox()).address, (await t.seed.inbox()).address];
  const { id } = await t.run(t.rootToken, createDraft, { inbox: other }, { replyAll: false });
  const { token } = await t.seed.key({ inbox: own });
  const absent = await t.refusal(token, getDraft, {}, { draftId: crypto.randomUUID() });
  expect(absent.code).toBe("object.not_found");
  for (const draftId of [id, "nonsense"])
    expect(await t.refusal(token, getDraft, {}, { draftId })).toEqual(absent);
  const at = { inbox: own };
  expect(await t.refusal(t.rootToken, getDraft, at, { draftId: id })).toEqual(absent);
});
