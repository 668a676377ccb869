import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allDrafts } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { getMessage } from "../../mail/messages/index.ts";
import { sendMessage } from "../sends/index.ts";
import { type CreateDraft, createDraft, type FullDraft, getDraft, listDrafts } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;
const create = (inbox: string, input: Partial<CreateDraft> = {}): Promise<FullDraft> =>
  t.run(t.rootToken, createDraft, { inbox }, { replyAll: false, ...input });

it("a draft may be empty, and reads back as it was made, under its client_id once", async () => {
  const inbox = await makeInbox();
  const empty = await create(inbox, { clientId: "empty" });
  expect(empty).toMatchObject({
    to: [],
    subject: null,
    text: null,
    labels: [],
    schedule: null,
    kind: "new",
  });
  expect(await create(inbox, { clientId: "empty", subject: "ignored" })).toEqual(empty);
  expect(await t.run(t.rootToken, getDraft, {}, { draftId: empty.id })).toEqual(empty);
  expect((await create(await makeInbox(), { clientId: "empty" })).id).not.toBe(empty.id);
});

it("one that answers a message takes over what that says, if its maker may read the message", async () => {
  const inbox = await makeInbox();
  const from = "Ann <ann@outside.test>";
  await mailInto(t)(inbox, { id: "<asked@x>", subject: "Question", from });
  const inReplyTo = "<asked@x>";
  const made = await create(inbox, { inReplyTo, text: "Yes" });
  expect(made).toMatchObject({ kind: "reply", to: [from], subject: "Re: Question", text: "Yes" });
  expect(made.references).toEqual(["<asked@x>"]);
  const { token } = await t.seed.key({ inbox }, "draft_create", "draft_read");
  const blind = await t.refusal(token, createDraft, { inbox }, { replyAll: false, inReplyTo });
  expect(blind.code).toBe("permission.missing");
  const absent = { replyAll: false, inReplyTo: "<nobody@x>" };
  expect((await t.refusal(t.rootToken, createDraft, { inbox }, absent)).code).toBe("object.not_found");
  const other = await makeInbox();
  expect(
    (await t.refusal(t.rootToken, createDraft, { inbox: other }, { replyAll: false, inReplyTo })).code,
  ).toBe("object.not_found");
});

it("what is refused leaves no draft and no name", async () => {
  const inbox = await makeInbox();
  for (const [input, path] of [
    [{ to: ["nobody"] }, "to"],
    [{ labels: ["sent"] }, "labels"],
    [{ clientId: "a b" }, "clientId"],
  ] as const) {
    const refused = await t.refusal(
      t.rootToken,
      createDraft,
      { inbox },
      { clientId: "mine", replyAll: false, ...input },
    );
    expect(refused).toMatchObject({ code: "input.invalid" });
    expect(refused.details.path?.[0]).toBe(path);
  }
  const large = { attachments: [{ content: Buffer.alloc(1_100_000).toString("base64") }] };
  const refused = await t.refusal(
    t.rootToken,
    createDraft,
    { inbox },
    { clientId: "mine", replyAll: false, ...large },
  );
  expect(refused.code).toBe("message.too_large");
  expect((await t.run(t.rootToken, listDrafts, { inbox }, allDrafts)).items).toEqual([]);
  expect((await create(inbox, { clientId: "mine", subject: "Mine" })).subject).toBe("Mine");
});

it("whoever may write drafts and not send them cannot have one sent at a time", async () => {
  const inbox = await makeInbox();
  const { token } = await t.seed.key({ inbox }, "draft_create", "draft_read");
  const now = { to: [inbox], replyAll: false, sendAt: new Date() };
  const refused = await t.refusal(token, createDraft, { inbox }, now);
  expect(refused).toMatchObject({
    code: "permission.missing",
    details: { message: "draft_send is forbidden" },
  });
  expect((await t.run(t.rootToken, listDrafts, { inbox }, allDrafts)).items).toEqual([]);
  const { token: sender } = await t.seed.key({ inbox }, "draft_create", "draft_send");
  expect((await t.run(sender, createDraft, { inbox }, now)).schedule?.status).toBe("scheduled");
});

it("a client_id tells a key that may not read drafts nothing of what another wrote under it", async () => {
  const inbox = await makeInbox();
  const secret = { subject: "Secret", text: "Secret", to: ["a@x.test"], clientId: "plan" };
  const { id } = await create(inbox, secret);
  const { token } = await t.seed.key({ inbox }, "draft_create");
  const told = await t.run(token, createDraft, { inbox }, { replyAll: false, clientId: "plan" });
  expect(told).toMatchObject({ id, to: [], subject: null, text: null, preview: null });
  const { token: reader } = await t.seed.key({ inbox }, "draft_create", "draft_read");
  expect(await t.run(reader, createDraft, { inbox }, { replyAll: false, clientId: "plan" })).toMatchObject({
    subject: "Secret",
    text: "Secret",
    to: ["a@x.test"],
  });
});

it("long texts are read back as they were given, in a draft and in mail that is sent", async () => {
  const inbox = await makeInbox();
  const text = `${"a \\ 'b' \"c\"\n😀\té".repeat(14_500)}.`;
  const html = `<p>${text}</p>`;
  const made = await create(inbox, { to: ["x@outside.test"], text, html });
  const read = await t.run(t.rootToken, getDraft, {}, { draftId: made.id });
  expect([read.text === text, read.html === html]).toEqual([true, true]);
  const { messageId } = await t.run(
    t.rootToken,
    sendMessage,
    { inbox },
    { to: ["x@outside.test"], text, idempotencyKey: null },
  );
  const sent = await t.run(t.rootToken, getMessage, { inbox }, { messageId });
  expect(sent.text === text).toBe(true);
});
