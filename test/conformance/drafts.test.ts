/** The official `agentmail` client against a whole server: drafts, at each scope. */
import type { AgentMail, AgentMailClient } from "agentmail";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { failure } from "../support/failure.ts";
import { sendMail } from "../support/smtp-client.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let client: AgentMailClient;
let pod: string;
let inbox: string;
beforeAll(async () => {
  app = await testApp();
  client = app.client();
  pod = (await client.pods.create({ name: "drafts" })).podId;
  inbox = (await client.pods.inboxes.create(pod, { username: "drafts" })).inboxId;
});
afterAll(() => app.stop());

const nobody = "0190a000-0000-7000-8000-00000000dead";
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);

/** The client's reading methods at each scope, with their first arguments given. */
const scopes = () => [
  {
    scope: "organization",
    list: client.drafts.list.bind(client.drafts),
    get: client.drafts.get.bind(client.drafts),
    getAttachment: client.drafts.getAttachment.bind(client.drafts),
  },
  {
    scope: "pod",
    list: client.pods.drafts.list.bind(client.pods.drafts, pod),
    get: client.pods.drafts.get.bind(client.pods.drafts, pod),
    getAttachment: client.pods.drafts.getAttachment.bind(client.pods.drafts, pod),
  },
  {
    scope: "inbox",
    list: client.inboxes.drafts.list.bind(client.inboxes.drafts, inbox),
    get: client.inboxes.drafts.get.bind(client.inboxes.drafts, inbox),
    getAttachment: client.inboxes.drafts.getAttachment.bind(client.inboxes.drafts, inbox),
  },
];

const notFound = (message: string) => ({
  status: 404,
  body: { name: "NotFoundError", code: "not_found", message },
});

const isGone = async (draftId: string): Promise<boolean> =>
  !(await client.drafts.list()).drafts.some((draft) => draft.draftId === draftId);

/** A mail from outside, in the inbox. @returns its Message-ID */
async function receive(subject: string): Promise<string> {
  const id = `<${subject.replaceAll(/\W/g, "")}@outside.test>`;
  const mail = `From: Human <human@outside.test>\r\nTo: ${inbox}\r\nCc: boss@two.test\r\nSubject: ${subject}\r\nMessage-ID: ${id}\r\n\r\nHello.`;
  expect(await sendMail(app.smtpPort, "human@outside.test", [inbox], mail)).toMatch(/^250 /);
  return id;
}

test("lists are empty before there is a draft, and what is not there is a 404", async () => {
  for (const { list, get, getAttachment } of scopes()) {
    expect(await list()).toEqual({ count: 0, drafts: [] });
    expect(await list({ limit: 5, labels: ["scheduled"] })).toEqual({ count: 0, limit: 5, drafts: [] });
    expect(await failure(get(nobody))).toMatchObject(notFound("Draft not found"));
    expect(await failure(getAttachment(nobody, nobody))).toMatchObject(notFound("Draft not found"));
  }
  const drafts = client.inboxes.drafts;
  for (const act of [
    () => drafts.update(inbox, nobody, { subject: "x" }),
    () => drafts.delete(inbox, nobody),
    () => drafts.send(inbox, nobody, {}),
  ])
    expect(await failure(act())).toMatchObject(notFound("Draft not found"));
  expect(await failure(drafts.create("nobody@rookery.localhost", {}))).toMatchObject(
    notFound("Inbox not found"),
  );
});

/** The draft of an invoice, with everything that one may have. */
const makeInvoice = () =>
  client.inboxes.drafts.create(inbox, {
    to: ["Ada <ada@outside.test>"],
    cc: ["b@outside.test"],
    bcc: ["c@outside.test"],
    replyTo: ["d@outside.test"],
    subject: "Invoice",
    text: "Hello Ada",
    html: "<p>Hello Ada</p>",
    labels: ["mine"],
    attachments: [{ filename: "a.txt", contentType: "text/plain", content: "aGk=" }],
    clientId: "invoice-1",
  });

test("a draft is created, once under its client_id, and read and listed at each scope", async () => {
  const { drafts } = client.inboxes;
  const made = await makeInvoice();
  expect(made).toMatchObject({
    inboxId: inbox,
    clientId: "invoice-1",
    labels: ["mine"],
    to: ["Ada <ada@outside.test>"],
    cc: ["b@outside.test"],
    bcc: ["c@outside.test"],
    replyTo: ["d@outside.test"],
    subject: "Invoice",
    preview: "Hello Ada",
    text: "Hello Ada",
    html: "<p>Hello Ada</p>",
    attachments: [
      { filename: "a.txt", size: 2, contentType: "text/plain", contentDisposition: "attachment" },
    ],
  });
  expect(made.createdAt).toBeInstanceOf(Date);
  for (const absent of ["sendAt", "sendStatus", "inReplyTo", "forwardOf", "references"])
    expect(made).not.toHaveProperty(absent);
  expect(await drafts.create(inbox, { clientId: "invoice-1", subject: "other" })).toEqual(made);

  const { clientId: _c, replyTo: _r, text: _t, html: _h, createdAt: _a, ...item } = made;
  for (const { list, get, getAttachment } of scopes()) {
    expect(await get(made.draftId)).toEqual(made);
    expect((await list()).drafts).toEqual([item]);
    const attachmentId = made.attachments?.[0]?.attachmentId ?? "";
    const file = await getAttachment(made.draftId, attachmentId);
    expect(file).toMatchObject({ attachmentId, filename: "a.txt", size: 2 });
    expect(await (await fetch(file.downloadUrl)).text()).toBe("hi");
    expect(await failure(getAttachment(made.draftId, nobody))).toMatchObject(
      notFound("Attachment not found"),
    );
  }
});

test("a draft is changed, sent once under its Idempotency-Key, and gone", async () => {
  const { drafts } = client.inboxes;
  const made = await makeInvoice();
  const changed = await drafts.update(inbox, made.draftId, {
    subject: "Invoice 2",
    cc: null,
    bcc: [],
    html: null,
    addLabels: ["new"],
    removeLabels: ["mine"],
    addAttachments: [{ filename: "b.txt", content: "aG8=" }],
    removeAttachments: [made.attachments?.[0]?.attachmentId ?? ""],
  });
  expect(changed).toMatchObject({
    subject: "Invoice 2",
    labels: ["new"],
    attachments: [{ filename: "b.txt" }],
  });
  for (const absent of ["cc", "bcc", "html"]) expect(changed).not.toHaveProperty(absent);

  const key = { idempotencyKey: "invoice-1" };
  const sent = await drafts.send(inbox, made.draftId, { addLabels: ["approved"] }, key);
  expect(await drafts.send(inbox, made.draftId, { addLabels: ["approved"] }, key)).toEqual(sent);
  expect(await failure(drafts.send(inbox, nobody, {}, key))).toMatchObject({
    status: 409,
    body: { name: "ConflictError", code: "conflict" },
  });
  const message = await client.inboxes.messages.get(inbox, sent.messageId);
  expect(message).toMatchObject({
    threadId: sent.threadId,
    labels: expect.arrayContaining(["sent", "new", "approved"]),
    to: ["Ada <ada@outside.test>"],
    replyTo: ["d@outside.test"],
    subject: "Invoice 2",
    text: "Hello Ada",
    attachments: [{ filename: "b.txt", size: 2 }],
  });
  for (const { list, get } of scopes()) {
    expect(await failure(get(made.draftId))).toMatchObject(notFound("Draft not found"));
    expect((await list()).drafts).toEqual([]);
  }
});

test("pages, order and filters are those of a list by the last change", async () => {
  const { drafts } = client.inboxes;
  const made = [];
  for (const labels of [["a"], ["a", "b"], ["b"]]) made.push(await drafts.create(inbox, { labels }));
  const [one, two, three] = made.map(({ draftId }) => draftId);
  const middle = made[1]?.updatedAt ?? new Date();
  const idsOf = (page: { readonly drafts: readonly { readonly draftId: string }[] }) =>
    page.drafts.map(({ draftId }) => draftId);
  for (const { list } of scopes()) {
    const first = await list({ limit: 2 });
    expect([idsOf(first), first.count, first.limit]).toEqual([[three, two], 2, 2]);
    const second = await list({ limit: 2, pageToken: first.nextPageToken ?? "" });
    expect(idsOf(second)).toEqual([one]);
    expect(second.nextPageToken).toBeUndefined();
    expect(idsOf(await list({ ascending: true }))).toEqual([one, two, three]);
    expect(idsOf(await list({ labels: ["a", "b"] }))).toEqual([two]);
    expect(idsOf(await list({ before: middle }))).toEqual([one]);
    expect(idsOf(await list({ after: middle }))).toEqual([three]);
    expect(await failure(list({ pageToken: "nonsense!" }))).toMatchObject({ status: 400 });
  }
  for (const { draftId } of made) await drafts.delete(inbox, draftId);
});

describe("drafts of replies and forwards", () => {
  test("take recipients, subject, thread and files from their message", async () => {
    const { drafts } = client.inboxes;
    const id = await receive("First question");
    const original = await client.inboxes.messages.get(inbox, id);
    const reply = await drafts.create(inbox, { inReplyTo: id, text: "Yes." });
    expect(reply).toMatchObject({
      ...{
        inReplyTo: id,
        references: [id],
        to: ["Human <human@outside.test>"],
        subject: "Re: First question",
      },
    });
    const all = await drafts.create(inbox, { inReplyTo: id, replyAll: true });
    expect(all).toMatchObject({ to: ["Human <human@outside.test>"], cc: ["boss@two.test"] });
    const forward = await drafts.create(inbox, { forwardOf: id, to: ["x@outside.test"], text: "See below." });
    expect(forward).toMatchObject({ forwardOf: id, subject: "Fwd: First question", text: "See below." });
    expect(forward).not.toHaveProperty("inReplyTo");
    for (const { draftId } of [reply, all, forward]) {
      const { messageId, threadId } = await drafts.send(inbox, draftId, {});
      expect(threadId).toBe(original.threadId);
      expect(await client.inboxes.messages.get(inbox, messageId)).toMatchObject({
        inReplyTo: id,
        references: [id],
      });
    }
  });

  test("are refused with what excludes each other, and for a message that is not there", async () => {
    const create = client.inboxes.drafts.create.bind(client.inboxes.drafts, inbox);
    const id = await receive("Second question");
    const wrong: readonly [AgentMail.CreateDraftRequest, string][] = [
      [{ inReplyTo: id, forwardOf: id }, "forward_of"],
      [{ inReplyTo: id, replyAll: true, to: ["x@outside.test"] }, "reply_all"],
      [{ replyAll: true }, "reply_all"],
    ];
    for (const [input, field] of wrong)
      expect(await failure(create(input))).toMatchObject({
        status: 400,
        body: { name: "ValidationError", errors: [{ path: [field] }] },
      });
    expect(await failure(create({ inReplyTo: "<nothing@nowhere>" }))).toMatchObject(
      notFound("Message not found"),
    );
  });
});

describe("a scheduled draft", () => {
  test("says so, is listed by its label, changed and cancelled by null", async () => {
    const { drafts } = client.inboxes;
    const sendAt = inMinutes(60);
    const made = await drafts.create(inbox, { to: ["x@outside.test"], sendAt, labels: ["mine"] });
    expect(made).toMatchObject({ sendStatus: "scheduled", sendAt, labels: ["scheduled", "mine"] });
    const listed = await client.drafts.list({ labels: ["scheduled"] });
    expect(listed.drafts).toMatchObject([{ draftId: made.draftId, sendStatus: "scheduled", sendAt }]);
    const later = inMinutes(120);
    expect(await drafts.update(inbox, made.draftId, { sendAt: later })).toMatchObject({ sendAt: later });
    const cancelled = await drafts.update(inbox, made.draftId, { sendAt: null });
    expect(cancelled.labels).toEqual(["mine"]);
    for (const absent of ["sendAt", "sendStatus"]) expect(cancelled).not.toHaveProperty(absent);
    await drafts.delete(inbox, made.draftId);
  });

  test("is sent when its time comes, and at once when that is over", async () => {
    const { drafts, messages } = client.inboxes;
    for (const [subject, sendAt] of [
      ["soon", new Date(Date.now() + 1500)],
      ["over", inMinutes(-60)],
    ] as const) {
      const made = await drafts.create(inbox, { to: [inbox], subject, sendAt });
      await eventually("it is sent", () => isGone(made.draftId));
      const { messages: sent } = await messages.list(inbox, { subject: [subject] });
      expect(sent).toMatchObject([{ subject, to: [inbox] }]);
      expect(sent[0]?.labels).toContain("sent");
    }
  });

  test("that is refused then has failed, says why, and is tried anew at another time", async () => {
    const { drafts } = client.inboxes;
    const made = await drafts.create(inbox, {
      subject: "to nobody",
      sendAt: inMinutes(-1),
      labels: ["mine"],
    });
    await eventually(
      "it has failed",
      async () => (await drafts.get(inbox, made.draftId)).sendStatus === "failed",
    );
    const failed = await drafts.get(inbox, made.draftId);
    expect(failed.labels).toEqual(["mine"]);
    expect(failed).toMatchObject({
      send_error: {
        name: "ValidationError",
        code: "validation_error",
        message: "to, cc, or bcc must be specified",
      },
    });
    await drafts.update(inbox, made.draftId, { to: [inbox], sendAt: inMinutes(-1) });
    await eventually("it is sent", () => isGone(made.draftId));
  });

  test("of a paused inbox has failed, and is not sent when the inbox is resumed", async () => {
    const { inboxId } = await client.inboxes.create({ username: "paused-drafts" });
    const { drafts } = client.inboxes;
    const made = await drafts.create(inboxId, { to: [inbox], subject: "paused" });
    await app.request("POST", `/v0/inboxes/${inboxId}/pause`, { key: app.rootKey, body: {} });
    await drafts.update(inboxId, made.draftId, { sendAt: inMinutes(-1) });
    await eventually(
      "it has failed",
      async () => (await drafts.get(inboxId, made.draftId)).sendStatus === "failed",
    );
    expect(await drafts.get(inboxId, made.draftId)).toMatchObject({ send_error: { code: "inbox_paused" } });
  });
});
