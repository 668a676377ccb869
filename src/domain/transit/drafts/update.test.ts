import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { MAX_ATTACHMENTS, MAX_LABELS } from "../../limits.ts";
import { MAX_RECIPIENTS } from "../sends/limits.ts";
import {
  type CreateDraft,
  createDraft,
  type FullDraft,
  getDraft,
  type UpdateDraft,
  updateDraft,
} from "./index.ts";
import { MAX_SCHEDULE_DAYS } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;
const create = (inbox: string, input: Partial<CreateDraft> = {}): Promise<FullDraft> =>
  t.run(t.rootToken, createDraft, { inbox }, { replyAll: false, ...input });
const changeOf = (draftId: string, change: Partial<UpdateDraft>): UpdateDraft => ({
  ...{ draftId, removeAttachments: [], addLabels: [], removeLabels: [] },
  ...change,
});
const update = (inbox: string, { id }: FullDraft, change: Partial<UpdateDraft>): Promise<FullDraft> =>
  t.run(t.rootToken, updateDraft, { inbox }, changeOf(id, change));
const file = (name: string) => ({ filename: name, content: Buffer.from(name).toString("base64") });
const namesOf = ({ attachments }: FullDraft) => attachments.map(({ filename }) => filename);
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

describe("a draft", () => {
  it("changes in what is given alone; null and empty lists clear", async () => {
    const inbox = await makeInbox();
    const draft = await create(inbox, {
      ...{ to: ["a@x.test"], cc: ["b@x.test"], bcc: ["c@x.test"], replyTo: ["d@x.test"] },
      ...{ subject: "One", text: "Text", html: "<p>", labels: ["a"] },
    });
    const changed = await update(inbox, draft, {
      subject: "Two",
      cc: [],
      addLabels: ["b"],
      removeLabels: ["a"],
    });
    expect(changed).toMatchObject({ subject: "Two", to: ["a@x.test"], cc: [], labels: ["b"], text: "Text" });
    expect(changed.preview).toBe("Text");
    expect(changed.updatedAt.getTime()).toBeGreaterThanOrEqual(draft.updatedAt.getTime());
    expect(await t.run(t.rootToken, getDraft, {}, { draftId: draft.id })).toEqual(changed);
    const nothing = { to: null, bcc: null, replyTo: null, subject: null, text: null, html: null };
    expect(await update(inbox, draft, nothing)).toMatchObject({
      ...{ to: [], cc: [], bcc: [], replyTo: [], subject: null, text: null, html: null, preview: null },
    });
  });

  it("gets files behind those that it has, and loses those that are named", async () => {
    const inbox = await makeInbox();
    const draft = await create(inbox, { attachments: [file("a"), file("b")] });
    const [first] = draft.attachments;
    const changed = await update(inbox, draft, {
      removeAttachments: [first?.id ?? ""],
      attachments: [file("c")],
    });
    expect(namesOf(changed)).toEqual(["b", "c"]);
    const stored = await t.run(t.rootToken, getDraft, {}, { draftId: draft.id });
    expect(namesOf(stored)).toEqual(["b", "c"]);
  });

  it("stays as it is when one of the files that are to go is none of it", async () => {
    const inbox = await makeInbox();
    const [draft, other] = [
      await create(inbox, { subject: "One", attachments: [file("a"), file("b")] }),
      await create(inbox, { attachments: [file("c")] }),
    ];
    const own = draft.attachments[0]?.id ?? "";
    for (const id of ["nothing", randomUUID(), other.attachments[0]?.id ?? ""]) {
      const change = changeOf(draft.id, { subject: "Two", removeAttachments: [own, id] });
      const refusal = await t.refusal(t.rootToken, updateDraft, { inbox }, change);
      expect(refusal).toMatchObject({
        code: "object.not_found",
        details: { path: ["removeAttachments", 1] },
      });
    }
    expect(await t.run(t.rootToken, getDraft, {}, { draftId: draft.id })).toEqual(draft);
  });

  it("is held to the bounds of a message with all that it has", async () => {
    const inbox = await makeInbox();
    const many = (count: number, domain: string) =>
      Array.from({ length: count }, (_, n) => `p${n}@${domain}`);
    const draft = await create(inbox, {
      to: many(MAX_RECIPIENTS, "x.test"),
      labels: many(MAX_LABELS, "label"),
      attachments: many(MAX_ATTACHMENTS, "file").map(file),
    });
    for (const change of [
      { cc: ["one@more.test"] },
      { addLabels: ["one more"] },
      { attachments: [file("one more")] },
      { sendAt: inDays(MAX_SCHEDULE_DAYS + 1) },
    ])
      expect((await t.refusal(t.rootToken, updateDraft, { inbox }, changeOf(draft.id, change))).code).toBe(
        "input.invalid",
      );
    const large = { content: Buffer.alloc(900_000).toString("base64") };
    const heavy = await create(inbox, { attachments: [large] });
    const more = changeOf(heavy.id, { attachments: [large] });
    expect((await t.refusal(t.rootToken, updateDraft, { inbox }, more)).code).toBe("message.too_large");
    expect(await t.run(t.rootToken, getDraft, {}, { draftId: heavy.id })).toEqual(heavy);
  });

  it("is scheduled with its label, anew, and no more", async () => {
    const inbox = await makeInbox();
    const sendAt = inDays(1);
    const draft = await create(inbox, { sendAt, labels: ["mine"] });
    expect(draft).toMatchObject({ schedule: { status: "scheduled", sendAt }, labels: ["scheduled", "mine"] });
    const later = await update(inbox, draft, { sendAt: inDays(2), subject: "x" });
    expect(later.schedule?.sendAt.getTime()).toBeGreaterThan(sendAt.getTime());
    expect(later.labels).toEqual(["scheduled", "mine"]);
    const cancelled = await update(inbox, draft, { sendAt: null });
    expect(cancelled).toMatchObject({ schedule: null, labels: ["mine"] });
    for (const change of [{ addLabels: ["scheduled"] }, { removeLabels: ["scheduled"] }])
      expect((await t.refusal(t.rootToken, updateDraft, { inbox }, changeOf(draft.id, change))).code).toBe(
        "input.invalid",
      );
  });
});

describe("a key that may change drafts", () => {
  it("and not send them neither schedules one nor changes what will be sent; it may end the schedule", async () => {
    const inbox = await makeInbox();
    const { token } = await t.seed.key({ inbox }, "draft_update", "draft_read");
    const refused = (draft: FullDraft, change: Partial<UpdateDraft>) =>
      t.refusal(token, updateDraft, { inbox }, changeOf(draft.id, change));
    const waiting = await create(inbox, { to: ["a@x.test"], text: "Approved" });
    expect((await refused(waiting, { sendAt: new Date() })).code).toBe("permission.missing");
    const scheduled = await create(inbox, { to: ["a@x.test"], text: "Approved", sendAt: inDays(1) });
    for (const change of [{ text: "Not approved" }, { to: ["b@x.test"] }, { attachments: [file("a")] }])
      expect((await refused(scheduled, change)).code).toBe("permission.missing");
    expect(await t.run(t.rootToken, getDraft, {}, { draftId: scheduled.id })).toEqual(scheduled);
    const kept = { text: "Not approved", sendAt: null };
    expect(await t.run(token, updateDraft, { inbox }, changeOf(scheduled.id, kept))).toMatchObject({
      schedule: null,
      text: "Not approved",
    });
  });

  it("and not read mail cannot have what a draft forwards sent to somebody else", async () => {
    const inbox = await makeInbox();
    await mailInto(t)(inbox, { id: "<secret@x>", subject: "Secret" });
    const draft = await create(inbox, { forwardOf: "<secret@x>", to: ["a@x.test"] });
    const { token } = await t.seed.key({ inbox }, "draft_read", "draft_update", "draft_send");
    for (const name of ["to", "cc", "bcc"]) {
      const elsewhere = changeOf(draft.id, { [name]: ["b@x.test"] });
      const refused = await t.refusal(token, updateDraft, { inbox }, elsewhere);
      expect(refused.details.message).toBe("message_read is forbidden");
    }
    const worded = await t.run(token, updateDraft, { inbox }, changeOf(draft.id, { text: "See below" }));
    expect(worded).toMatchObject({ to: ["a@x.test"], cc: [], bcc: [], text: "See below" });
  });

  it("and not read them is told nothing of what one says", async () => {
    const inbox = await makeInbox();
    const draft = await create(inbox, {
      ...{ to: ["a@x.test"], bcc: ["b@x.test"], replyTo: ["c@x.test"], subject: "Secret" },
      ...{ text: "Secret", html: "Secret", attachments: [file("secret")] },
    });
    const { token } = await t.seed.key({ inbox }, "draft_update");
    const told = await t.run(token, updateDraft, { inbox }, changeOf(draft.id, { addLabels: ["a"] }));
    expect(told).toMatchObject({ id: draft.id, labels: ["a"] });
    expect(JSON.stringify(told)).not.toMatch(/secret|x\.test/i);
    const [kept, again] = [await update(inbox, draft, {}), await update(inbox, draft, {})];
    expect(again).toMatchObject({ subject: "Secret", text: "Secret", labels: kept.labels });
  });
});
