import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { allDrafts, allMessages } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDoor } from "../../door/door.ts";
import { createListEntry } from "../../guardrails/lists/index.ts";
import { LARGE_MAIL_BYTES } from "../../limits.ts";
import { readBlob } from "../../mail/blobs/index.ts";
import {
  deleteMessage,
  type FullMessage,
  getMessage,
  listMessages,
  updateMessage,
} from "../../mail/messages/index.ts";
import { pauseInbox } from "../../tenancy/inboxes/index.ts";
import {
  type CreateDraft,
  createDraft,
  type FullDraft,
  listDrafts,
  sendDraft,
  updateDraft,
} from "./index.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;
const create = (inbox: string, input: Partial<CreateDraft> = {}): Promise<FullDraft> =>
  t.run(t.rootToken, createDraft, { inbox }, { replyAll: false, ...input });
const inputOf = (draftId: string, idempotencyKey: string | null = null) => ({
  draftId,
  idempotencyKey,
  addLabels: [],
  removeLabels: [],
});
/** What was sent, as the inbox holds it. */
async function send(inbox: string, { id }: FullDraft): Promise<FullMessage> {
  const { messageId } = await t.run(t.rootToken, sendDraft, { inbox }, inputOf(id));
  return t.run(t.rootToken, getMessage, { inbox }, { messageId });
}
async function isGone(inbox: string, { id }: FullDraft): Promise<boolean> {
  const page = await t.run(t.rootToken, listDrafts, { inbox }, allDrafts);
  return !page.items.some((draft) => draft.id === id);
}
const messagesOf = async (inbox: string) =>
  (await t.run(t.rootToken, listMessages, { inbox }, allMessages)).items;

describe("a draft that is sent", () => {
  it("is a message with all it had, its labels and files, and the draft is gone and its client_id free", async () => {
    const inbox = await makeInbox();
    const content = Buffer.from("some bytes").toString("base64");
    const draft = await create(inbox, {
      to: ["Ada <ada@outside.test>", '"Doe, John" <john@outside.test>', "Jörg <jörg@outside.test>"],
      cc: ["b@outside.test"],
      bcc: ["c@outside.test"],
      replyTo: ["d@outside.test"],
      subject: "One",
      text: "Hello",
      html: "<p>Hello</p>",
      labels: ["mine", "yours"],
      attachments: [{ filename: "a.txt", contentType: "text/plain", content }],
      clientId: "once",
    });
    const input = { ...inputOf(draft.id), addLabels: ["new"], removeLabels: ["yours"] };
    const { messageId, threadId } = await t.run(t.rootToken, sendDraft, { inbox }, input);
    const message = await t.run(t.rootToken, getMessage, { inbox }, { messageId });
    const { to, cc, bcc, replyTo } = draft;
    expect(message).toMatchObject({ threadId, to, cc, bcc, replyTo, subject: "One", text: "Hello" });
    expect(message).toMatchObject({ html: "<p>Hello</p>", labels: ["sent", "mine", "new"] });
    const { id: _, ...file } = draft.attachments[0] ?? {};
    expect(message.attachments).toMatchObject([file]);
    expect(await isGone(inbox, draft)).toBe(true);
    expect((await create(inbox, { clientId: "once" })).id).not.toBe(draft.id);
  });

  it("needs a recipient, and is there yet when it has none", async () => {
    const inbox = await makeInbox();
    const draft = await create(inbox, { subject: "To nobody" });
    const refusal = await t.refusal(t.rootToken, sendDraft, { inbox }, inputOf(draft.id));
    expect(refusal).toMatchObject({ code: "input.invalid", details: { path: [] } });
    expect(await isGone(inbox, draft)).toBe(false);
  });

  it("is refused as a send is: by a paused inbox, by send lists; and stays", async () => {
    const inbox = await makeInbox();
    const draft = await create(inbox, { to: ["x@blocked.test"] });
    await t.run(
      t.rootToken,
      createListEntry,
      { inbox },
      {
        ...{ direction: "send", listType: "block", entry: "blocked.test" },
      },
    );
    const refusal = () => t.refusal(t.rootToken, sendDraft, { inbox }, inputOf(draft.id, "key"));
    expect((await refusal()).code).toBe("message.rejected");
    await t.run(t.rootToken, pauseInbox, { inbox }, undefined);
    expect((await refusal()).code).toBe("sending.paused");
    expect(await isGone(inbox, draft)).toBe(false);
    expect(await messagesOf(inbox)).toEqual([]);
  });

  it("is sent once by those who send it at once, with an Idempotency-Key or without", async () => {
    const inbox = await makeInbox();
    for (const key of [null, "same"]) {
      const draft = await create(inbox, { to: ["x@outside.test"], subject: `once ${key}` });
      const outcomes = await Promise.allSettled(
        Array.from({ length: 5 }, () => t.run(t.rootToken, sendDraft, { inbox }, inputOf(draft.id, key))),
      );
      const sent = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value.messageId] : []));
      expect(new Set(sent).size).toBe(1);
      if (key !== null) expect(sent).toHaveLength(5);
      const all = (await messagesOf(inbox)).filter(({ subject }) => subject === `once ${key}`);
      expect(all.map(({ messageId }) => messageId)).toEqual([sent[0]]);
    }
  });

  it("gives the first answer again under its Idempotency-Key, and refuses the key for another draft", async () => {
    const inbox = await makeInbox();
    const [one, two] = [
      await create(inbox, { to: ["x@outside.test"] }),
      await create(inbox, { to: ["x@outside.test"] }),
    ];
    const first = await t.run(t.rootToken, sendDraft, { inbox }, inputOf(one.id, "key"));
    expect(await t.run(t.rootToken, sendDraft, { inbox }, inputOf(one.id, "key"))).toEqual(first);
    expect((await t.refusal(t.rootToken, sendDraft, { inbox }, inputOf(two.id, "key"))).code).toBe(
      "idempotency.conflict",
    );
  });

  it("holds a change and a deletion off for as long as it takes, and they lose nothing", async () => {
    const inbox = await makeInbox();
    const draft = await create(inbox, { to: ["x@outside.test"] });
    const change = {
      draftId: draft.id,
      subject: "late",
      removeAttachments: [],
      addLabels: [],
      removeLabels: [],
    };
    await t.behind(async (tx) => {
      await sql`select from drafts where id = ${draft.id} for update`.execute(tx.within(systemScope));
      const refusal = await t.refusal(t.rootToken, updateDraft, { inbox }, change);
      expect(refusal.code).toBe("object.conflict");
    });
    expect(await t.run(t.rootToken, updateDraft, { inbox }, change)).toMatchObject({ subject: "late" });
  });

  it("that is large is written with no transaction open, and not sent when it was changed meanwhile", async () => {
    const inbox = await makeInbox();
    const content = Buffer.alloc(LARGE_MAIL_BYTES + 1, "x").toString("base64");
    const draft = await create(inbox, { to: ["x@outside.test"], attachments: [{ content }] });
    const change = {
      draftId: draft.id,
      subject: "new",
      removeAttachments: [],
      addLabels: [],
      removeLabels: [],
    };
    const { lent } = t.parts;
    const mimeCodec: typeof lent.mimeCodec = {
      ...lent.mimeCodec,
      async compose(mail) {
        await t.run(t.rootToken, updateDraft, { inbox }, change);
        return lent.mimeCodec.compose(mail);
      },
    };
    const slow = createDoor({ ...t.parts, lent: { ...lent, mimeCodec } });
    const actor = await t.authenticator.authenticate(t.rootToken);
    await expect(slow.run(sendDraft, actor, { inbox }, inputOf(draft.id))).rejects.toMatchObject({
      code: "object.conflict",
    });
    expect(await messagesOf(inbox)).toEqual([]);
    const sent = await send(inbox, draft);
    expect(sent).toMatchObject({ subject: "new", attachments: [{ size: LARGE_MAIL_BYTES + 1 }] });
  });

  it("shares the bytes of its files with the message, which keeps them", async () => {
    const inbox = await makeInbox();
    const content = Buffer.from(`only here ${inbox}`);
    const draft = await create(inbox, {
      to: ["x@outside.test"],
      attachments: [{ content: content.toString("base64") }, { content: content.toString("base64") }],
    });
    const hashes = await t.behind((tx) =>
      sql<{ sha256: Buffer }>`select sha256 from draft_attachments where draft_id = ${draft.id}`.execute(
        tx.within(systemScope),
      ),
    );
    const kept = await t.behind((tx) =>
      sql<{
        n: number;
      }>`select count(*)::int as n from blobs where sha256 = ${hashes.rows[0]?.sha256}`.execute(
        tx.within(systemScope),
      ),
    );
    expect([hashes.rows.length, kept.rows[0]?.n]).toEqual([2, 1]);
    await send(inbox, draft);
    const { podId } = draft;
    const scope = (await t.authenticator.authenticate(t.rootToken)).scope;
    const sha256 = hashes.rows[0]?.sha256 ?? Buffer.alloc(0);
    const read = await t.database.transaction(scope, (tx) => readBlob(tx, scope, podId, sha256));
    expect(read?.equals(content)).toBe(true);
  });
});

describe("a draft that answers a message", () => {
  it("goes to its sender, in its thread, with its subject; and what was given overrides that", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<q@x>", subject: "Question" });
    const draft = await create(inbox, { inReplyTo: "<q@x>", text: "Answer" });
    expect(draft).toMatchObject({
      to: ["Human <human@outside.test>"],
      subject: "Re: Question",
      references: ["<q@x>"],
      source: { messageId: "<q@x>" },
    });
    const own = await create(inbox, { inReplyTo: "<q@x>", to: ["me@outside.test"], subject: "Mine" });
    expect(own).toMatchObject({ to: ["me@outside.test"], subject: "Mine" });
    const original = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<q@x>" });
    for (const one of [draft, own]) {
      const sent = await send(inbox, one);
      expect(sent).toMatchObject({ threadId: original.threadId, inReplyTo: "<q@x>", references: ["<q@x>"] });
      expect(sent).toMatchObject({ to: one.to, subject: one.subject });
    }
  });

  it("goes to all when it is to, without the inbox itself", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<all@x>", headers: `Cc: ${inbox}, boss@two.test\r\n` });
    const draft = await create(inbox, { inReplyTo: "<all@x>", replyAll: true });
    expect(draft).toMatchObject({ to: ["Human <human@outside.test>"], cc: ["boss@two.test"], bcc: [] });
  });

  it("is sent though the message was deleted, in what is left of its thread or in one of its own", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<a@x>" });
    await arrive(inbox, { id: "<b@x>", inReplyTo: "<a@x>" });
    const { threadId } = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<b@x>" });
    const drafts = [await create(inbox, { inReplyTo: "<b@x>" }), await create(inbox, { inReplyTo: "<b@x>" })];
    const [one, two] = drafts;
    if (one === undefined || two === undefined) throw new Error("no drafts");
    await t.run(t.rootToken, deleteMessage, { inbox }, { messageId: "<b@x>" });
    const first = await send(inbox, one);
    expect(first).toMatchObject({ threadId, inReplyTo: "<b@x>" });
    await t.run(t.rootToken, deleteMessage, { inbox }, { messageId: "<a@x>" });
    await t.run(t.rootToken, deleteMessage, { inbox }, { messageId: first.messageId });
    const second = await send(inbox, two);
    expect(second.threadId).not.toBe(threadId);
    expect(second).toMatchObject({ inReplyTo: "<b@x>", references: first.references });
  });
});

describe("a draft that forwards a message", () => {
  const file = { name: "a.pdf", type: "application/pdf", content: "bytes" };

  it("says what it says, then the original with its files, in its thread", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<f@x>", subject: "Invoice", text: "The original.", file });
    const draft = await create(inbox, {
      forwardOf: "<f@x>",
      to: ["x@outside.test"],
      text: "Please see.",
      attachments: [{ filename: "own.txt", content: "aGk=" }],
    });
    expect(draft).toMatchObject({ subject: "Fwd: Invoice", text: "Please see.", kind: "forward" });
    expect(draft.attachments.map(({ filename }) => filename)).toEqual(["own.txt"]);
    const sent = await send(inbox, draft);
    const original = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<f@x>" });
    expect(sent.text).toMatch(/^Please see\.[\s\S]*The original\./);
    expect(sent.attachments.map(({ filename }) => filename)).toEqual(["own.txt", "a.pdf"]);
    expect(sent.threadId).toBe(original.threadId);
  });

  it("is not sent when the message was deleted meanwhile, or may not be seen by who sends it", async () => {
    const inbox = await makeInbox();
    await arrive(inbox, { id: "<gone@x>" });
    const draft = await create(inbox, { forwardOf: "<gone@x>", to: ["x@outside.test"] });
    await t.run(t.rootToken, deleteMessage, { inbox }, { messageId: "<gone@x>" });
    expect((await t.refusal(t.rootToken, sendDraft, { inbox }, inputOf(draft.id))).code).toBe(
      "object.not_found",
    );
    expect(await isGone(inbox, draft)).toBe(false);
    await arrive(inbox, { id: "<spam@x>" });
    const other = await create(inbox, { forwardOf: "<spam@x>", to: ["x@outside.test"] });
    const spam = { messageId: "<spam@x>", addLabels: ["spam"], removeLabels: [] };
    await t.run(t.rootToken, updateMessage, { inbox }, spam);
    const { token } = await t.seed.key({ inbox }, "draft_send", "draft_read");
    expect((await t.refusal(token, sendDraft, { inbox }, inputOf(other.id))).code).toBe("object.not_found");
    expect((await send(inbox, other)).text).toContain("Hello.");
  });
});
