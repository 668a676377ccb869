import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { openDownload, readLink } from "../../mail/blobs/index.ts";
import { type CreateDraft, createDraft, type FullDraft, getDraftAttachment, updateDraft } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;
const create = (inbox: string, input: Partial<CreateDraft> = {}): Promise<FullDraft> =>
  t.run(t.rootToken, createDraft, { inbox }, { replyAll: false, ...input });
const file = (name: string) => ({ filename: name, content: Buffer.from(name).toString("base64") });
const named = ({ id, attachments }: FullDraft, index: number) => ({
  draftId: id,
  attachmentId: attachments[index]?.id ?? "",
});

it("is a link to the bytes of a file that the draft has, until it is taken off", async () => {
  const inbox = await makeInbox();
  const draft = await create(inbox, { attachments: [file("a.txt"), file("b.txt")] });
  const found = await t.run(t.rootToken, getDraftAttachment, { inbox }, named(draft, 1));
  expect(found.attachment).toMatchObject({ id: draft.attachments[1]?.id, filename: "b.txt", size: 5 });
  const link = readLink({ sealer: t.sealer, clock: systemClock }, found.download.token);
  expect((await (await openDownload(t, link)).read()).toString()).toBe("b.txt");
  const change = { draftId: draft.id, addLabels: [], removeLabels: [], attachments: [file("c.txt")] };
  const removeAttachments = [named(draft, 1).attachmentId];
  const changed = await t.run(t.rootToken, updateDraft, { inbox }, { ...change, removeAttachments });
  expect((await t.refusal(t.rootToken, getDraftAttachment, {}, named(draft, 1))).code).toBe(
    "object.not_found",
  );
  const added = await t.run(t.rootToken, getDraftAttachment, {}, named(changed, 1));
  expect(added.attachment.filename).toBe("c.txt");
});

it("of another draft or inbox, or by what is no id, is not found", async () => {
  const [inbox, other] = [await makeInbox(), await makeInbox()];
  const [own, beside, theirs] = [
    await create(inbox, { attachments: [file("a.txt")] }),
    await create(inbox, { attachments: [file("b.txt")] }),
    await create(other, { attachments: [file("c.txt")] }),
  ];
  const { token } = await t.seed.key({ inbox });
  expect((await t.run(token, getDraftAttachment, {}, named(own, 0))).attachment.filename).toBe("a.txt");
  for (const asked of [
    named(theirs, 0),
    { ...named(own, 0), draftId: "nonsense" },
    { ...named(own, 0), attachmentId: "nonsense" },
    { ...named(own, 0), attachmentId: named(beside, 0).attachmentId },
    { ...named(own, 0), attachmentId: named(theirs, 0).attachmentId },
  ])
    expect((await t.refusal(token, getDraftAttachment, {}, asked)).code).toBe("object.not_found");
});
