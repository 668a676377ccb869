/** The official `agentmail` client against a whole server: messages and threads. */
import type { AgentMail, AgentMailClient } from "agentmail";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { failure } from "../support/failure.ts";
import { sendMail } from "../support/smtp-client.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let client: AgentMailClient;

beforeAll(async () => {
  app = await testApp();
  client = app.client();
});
afterAll(async () => app.stop());

/** A mail from outside, in the inbox. */
async function receive(inboxId: string, subject: string, extra = ""): Promise<AgentMail.MessageItem> {
  const id = `<${subject.replaceAll(/\W/g, "")}@outside.test>`;
  const reply = await sendMail(
    app.smtpPort,
    "human@outside.test",
    [inboxId],
    `From: Human <human@outside.test>\r\nTo: ${inboxId}\r\nSubject: ${subject}\r\nMessage-ID: ${id}\r\n${extra}\r\nHello.`,
  );
  expect(reply).toMatch(/^250 /);
  const { messages } = await client.inboxes.messages.list(inboxId);
  const message = messages.find((candidate) => candidate.messageId === id);
  if (message === undefined) throw new Error("not readable right after the 250");
  return message;
}

describe("messages and threads", () => {
  test("mail is received, read, labelled, answered, forwarded and deleted", async () => {
    const inbox = await client.inboxes.create({ username: "desk" });
    const item = await receive(inbox.inboxId, "First question");
    expect(item.labels).toEqual(["received", "unread"]);
    const message = await client.inboxes.messages.get(inbox.inboxId, item.messageId);
    expect(message).toMatchObject({
      text: "Hello.\n",
      from: "Human <human@outside.test>",
      subject: "First question",
      extractedText: "Hello.",
    });
    const labelled = await client.inboxes.messages.update(inbox.inboxId, item.messageId, {
      addLabels: ["urgent"],
      removeLabels: "unread",
    });
    expect(labelled.labels).toEqual(["received", "urgent"]);
    expect(
      await failure(client.inboxes.messages.update(inbox.inboxId, item.messageId, { addLabels: "sent" })),
    ).toMatchObject({
      status: 400,
      body: {
        name: "ValidationError",
        errors: [{ code: "custom", path: ["add_labels", 0], message: "Cannot use system label: sent" }],
      },
    });
    const reply = await client.inboxes.messages.reply(inbox.inboxId, item.messageId, { text: "Answer" });
    expect(reply.threadId).toBe(item.threadId);
    const sent = await client.inboxes.messages.get(inbox.inboxId, reply.messageId);
    expect(sent).toMatchObject({
      subject: "Re: First question",
      to: ["Human <human@outside.test>"],
      inReplyTo: item.messageId,
      references: [item.messageId],
    });
    const forwarded = await client.inboxes.messages.forward(inbox.inboxId, item.messageId, {
      to: "boss@outside.test",
      text: "See below",
    });
    expect((await client.inboxes.messages.get(inbox.inboxId, forwarded.messageId)).subject).toBe(
      "Fwd: First question",
    );
    const thread = await client.threads.get(item.threadId);
    expect(thread.messageCount).toBe(3);
    expect(thread.messages.map((one) => one.messageId)).toEqual([
      item.messageId,
      reply.messageId,
      forwarded.messageId,
    ]);
    await eventually("captured", async () =>
      (await client.inboxes.messages.get(inbox.inboxId, reply.messageId)).labels.includes("captured"),
    );
    await client.inboxes.messages.delete(inbox.inboxId, item.messageId);
    expect((await client.inboxes.threads.get(inbox.inboxId, item.threadId)).messageCount).toBe(2);
    await client.threads.delete(item.threadId);
    expect((await client.inboxes.messages.list(inbox.inboxId)).count).toBe(0);
  });

  test("the raw bytes and an attachment are downloaded without a key", async () => {
    const inbox = await client.inboxes.create({ username: "files" });
    const other = await client.inboxes.create({ username: "files-to" });
    const sent = await client.inboxes.messages.send(inbox.inboxId, {
      to: [`Other <${other.inboxId}>`],
      subject: "With file",
      html: "<p>Hi</p>",
      attachments: [
        {
          filename: 'ümlaut ".txt',
          contentType: "text/plain",
          content: Buffer.from("bytes").toString("base64"),
        },
      ],
    });
    const copy = await eventually(
      "delivered",
      async () => (await client.inboxes.messages.list(other.inboxId)).messages[0],
    );
    expect(copy.messageId).toBe(sent.messageId);
    const attachmentId = copy.attachments?.[0]?.attachmentId ?? "";
    const file = await client.inboxes.messages.getAttachment(other.inboxId, copy.messageId, attachmentId);
    const answer = await fetch(file.downloadUrl);
    expect(await answer.text()).toBe("bytes");
    expect(answer.headers.get("content-disposition")).toContain("%C3%BCmlaut");
    const viaThread = await client.threads.getAttachment(copy.threadId, attachmentId);
    expect(viaThread.filename).toBe('ümlaut ".txt');
    const raw = await client.inboxes.messages.getRaw(other.inboxId, copy.messageId);
    const bytes = await (await fetch(raw.downloadUrl)).text();
    expect(bytes).toContain(`Message-ID: ${sent.messageId}`);
    expect((await fetch(`${file.downloadUrl}x`)).status).toBe(403);
  });

  test("an Idempotency-Key sends once, and refuses another message under the same key", async () => {
    const inbox = await client.inboxes.create({ username: "once" });
    const send = (subject: string) =>
      client.inboxes.messages.send(
        inbox.inboxId,
        { to: inbox.inboxId, subject },
        { idempotencyKey: "key-1" },
      );
    const [first, second] = await Promise.all([send("a"), send("a")]);
    expect(second).toEqual(first);
    expect(await failure(send("b"))).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect((await client.inboxes.messages.list(inbox.inboxId)).count).toBe(1);
  });

  test("lists filter by labels, hide restricted ones, page without gaps and find substrings", async () => {
    const inbox = await client.inboxes.create({ username: "lists" });
    for (const subject of ["alpha one", "beta two", "gamma three"]) await receive(inbox.inboxId, subject);
    const { messages } = await client.inboxes.messages.list(inbox.inboxId);
    const [newest] = messages;
    if (newest === undefined) throw new Error("nothing there");
    await client.inboxes.messages.update(inbox.inboxId, newest.messageId, { addLabels: ["spam"] });
    expect((await client.inboxes.messages.list(inbox.inboxId)).count).toBe(2);
    expect(
      (
        await client.inboxes.messages.list(inbox.inboxId, { includeSpam: true, labels: ["spam"] })
      ).messages.map((one) => one.messageId),
    ).toEqual([newest.messageId]);
    expect((await client.inboxes.messages.list(inbox.inboxId, { subject: ["BETA"] })).count).toBe(1);
    const seen: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await client.inboxes.messages.list(inbox.inboxId, {
        limit: 1,
        ascending: true,
        includeSpam: true,
        ...(pageToken !== undefined && { pageToken }),
      });
      seen.push(...page.messages.map((one) => one.subject ?? ""));
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    expect(seen.toSorted()).toEqual(["alpha one", "beta two", "gamma three"]);
    expect(
      (await client.inboxes.messages.batchGet(inbox.inboxId, { messageIds: [newest.messageId, "<no@no>"] }))
        .count,
    ).toBe(1);
    const updates = await client.inboxes.messages.batchUpdate(inbox.inboxId, {
      messageIds: messages.map((one) => one.messageId),
      addLabels: ["seen"],
    });
    expect(updates.updates).toHaveLength(3);
    const threads = await client.inboxes.threads.list(inbox.inboxId, { senders: ["outside.test"] });
    expect(threads.count).toBe(2);
    const threadId = threads.threads[0]?.threadId ?? "";
    expect(
      (await client.inboxes.threads.update(inbox.inboxId, threadId, { addLabels: ["done"] })).labels,
    ).toContain("done");
    expect((await client.pods.threads.list(inbox.podId, { labels: ["done"] })).count).toBe(1);
    expect((await client.pods.threads.get(inbox.podId, threadId)).messages[0]?.text).toBe("Hello.\n");
    await client.pods.threads.delete(inbox.podId, threadId);
    expect((await failure(client.inboxes.threads.get(inbox.inboxId, threadId))).status).toBe(404);
  });

  test("reply-all reaches everybody but ourselves, once", async () => {
    const inbox = await client.inboxes.create({ username: "all" });
    const item = await receive(
      inbox.inboxId,
      "To many",
      "Cc: one@outside.test, ALL@rookery.localhost, human@outside.test\r\n",
    );
    const sent = await client.inboxes.messages.replyAll(inbox.inboxId, item.messageId, { text: "All" });
    const message = await client.inboxes.messages.get(inbox.inboxId, sent.messageId);
    expect({ to: message.to, cc: message.cc }).toEqual({
      to: ["Human <human@outside.test>"],
      cc: ["one@outside.test"],
    });
  });
});
