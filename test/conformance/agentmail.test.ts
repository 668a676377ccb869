/** The official `agentmail` client against a whole server: every method covered so far, its answers and its errors. */
import { type AgentMail, type AgentMailClient, AgentMailError } from "agentmail";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendMail } from "../support/smtp-client.ts";
import { eventually, type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let client: AgentMailClient;

beforeAll(async () => {
  app = await testApp();
  client = app.client();
});
afterAll(async () => app.stop());

async function failure(
  act: Promise<unknown>,
): Promise<{ status: number | undefined; body: Record<string, unknown> }> {
  try {
    await act;
  } catch (error) {
    if (error instanceof AgentMailError)
      return { status: error.statusCode, body: (error.body ?? {}) as Record<string, unknown> };
    throw error;
  }
  throw new Error("was let through");
}

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

describe("organization, pods", () => {
  test("auth.me and organizations.get describe the root key", async () => {
    const me = await client.auth.me();
    expect(me.scopeType).toBe("organization");
    const organization = await client.organizations.get();
    expect(organization.organizationId).toBe(me.organizationId);
    expect(organization.createdAt).toBeInstanceOf(Date);
  });

  test("pods are created once per client_id, listed newest first, got by id and by client_id, deleted when empty", async () => {
    const pod = await client.pods.create({ name: "One", clientId: "tenant-1" });
    const again = await client.pods.create({ name: "Other", clientId: "tenant-1" });
    expect(again).toEqual(pod);
    expect((await client.pods.get("tenant-1")).podId).toBe(pod.podId);
    const unnamed = await client.pods.create({});
    expect(unnamed.name).toBe("My Pod");
    const page = await client.pods.list({ limit: 1 });
    expect(page).toMatchObject({ count: 1, limit: 1, pods: [{ podId: unnamed.podId }] });
    const next = await client.pods.list({ limit: 1, pageToken: page.nextPageToken ?? "" });
    expect(next.pods[0]?.podId).toBe(pod.podId);
    await client.pods.delete(unnamed.podId);
    expect(await failure(client.pods.get(unnamed.podId))).toMatchObject({
      status: 404,
      body: { code: "not_found", message: "Pod not found" },
    });
    const inbox = await client.pods.inboxes.create(pod.podId, {});
    expect(await failure(client.pods.delete(pod.podId))).toMatchObject({
      status: 409,
      body: { code: "cannot_delete", message: "Cannot delete Pod: Cannot delete pod with existing inboxes" },
    });
    await client.pods.inboxes.delete(pod.podId, inbox.inboxId);
    await client.pods.delete(pod.podId);
  });
});

describe("inboxes", () => {
  test("an inbox is made, found in any case, renamed, its metadata merged, and deleted", async () => {
    const inbox = await client.inboxes.create({
      username: "Scout",
      displayName: "Scout",
      clientId: "c-1",
      metadata: { plan: "pro", seats: 3 },
    });
    expect(inbox.inboxId).toBe("scout@rookery.localhost");
    expect(await client.inboxes.create({ clientId: "c-1" })).toEqual(inbox);
    expect((await client.inboxes.get("SCOUT@rookery.localhost")).inboxId).toBe(inbox.inboxId);
    const updated = await client.inboxes.update(inbox.inboxId, {
      displayName: "Scout II",
      metadata: { plan: null, beta: true },
    });
    expect(updated).toMatchObject({ displayName: "Scout II", metadata: { seats: 3, beta: true } });
    const taken = await failure(client.inboxes.create({ username: "scout" }));
    expect(taken).toMatchObject({
      status: 403,
      body: { name: "AlreadyExistsError", code: "already_exists", message: "Inbox already exists" },
    });
    expect(taken.body["suggestions"]).toHaveLength(3);
    await client.inboxes.delete(inbox.inboxId);
    expect((await failure(client.inboxes.get(inbox.inboxId))).status).toBe(404);
  });

  test("pods.inboxes mirrors inboxes within one pod", async () => {
    const pod = await client.pods.create({});
    const inbox = await client.pods.inboxes.create(pod.podId, { username: "in-pod" });
    expect(inbox.podId).toBe(pod.podId);
    expect((await client.pods.inboxes.list(pod.podId)).inboxes.map((item) => item.inboxId)).toEqual([
      inbox.inboxId,
    ]);
    expect((await client.pods.inboxes.get(pod.podId, inbox.inboxId)).email).toBe(inbox.inboxId);
    expect(
      (await client.pods.inboxes.update(pod.podId, inbox.inboxId, { displayName: "New" })).displayName,
    ).toBe("New");
    const other = await client.pods.create({});
    expect((await failure(client.pods.inboxes.get(other.podId, inbox.inboxId))).status).toBe(404);
    await client.pods.inboxes.delete(pod.podId, inbox.inboxId);
    expect((await client.pods.inboxes.list(pod.podId)).count).toBe(0);
  });
});

describe("keys", () => {
  test("keys work at all three scopes, show their secret once, and stop working when deleted", async () => {
    const pod = await client.pods.create({});
    const inbox = await client.pods.inboxes.create(pod.podId, {});
    const podKey = await client.pods.apiKeys.create(pod.podId, { name: "pod" });
    expect(podKey.apiKey).toMatch(/^am_us_pod_[0-9a-f]{64}$/);
    const inboxKey = await client.inboxes.apiKeys.create(inbox.inboxId, {
      name: "inbox",
      permissions: { messageRead: true },
    });
    if (!("apiKey" in inboxKey)) throw new Error("not a bearer key");
    const listed = (await client.inboxes.apiKeys.list(inbox.inboxId)).apiKeys;
    expect(listed).toHaveLength(1);
    expect(JSON.stringify(listed)).not.toContain(inboxKey.apiKey);
    expect(listed[0]?.permissions).toMatchObject({ messageRead: true, messageSend: false });
    const agent = app.client(inboxKey.apiKey);
    expect((await agent.auth.me()).inboxId).toBe(inbox.inboxId);
    expect(await failure(agent.inboxes.messages.send(inbox.inboxId, { to: "a@b.test" }))).toMatchObject({
      status: 403,
      body: { code: "missing_permission" },
    });
    expect((await client.apiKeys.get(podKey.apiKeyId)).name).toBe("pod");
    expect((await client.pods.apiKeys.update(pod.podId, podKey.apiKeyId, { name: "renamed" })).name).toBe(
      "renamed",
    );
    expect((await client.pods.apiKeys.list(pod.podId)).apiKeys.map((key) => key.apiKeyId)).toEqual([
      podKey.apiKeyId,
    ]);
    await client.inboxes.apiKeys.delete(inbox.inboxId, inboxKey.apiKeyId);
    expect(
      await eventually("revoked", async () =>
        agent.auth.me().then(
          () => null,
          (error: unknown) => error,
        ),
      ),
    ).toMatchObject({ statusCode: 403 });
    const organizationKey = await client.apiKeys.create({ name: "org" });
    if (!("apiKey" in organizationKey)) throw new Error("not a bearer key");
    expect((await client.apiKeys.list()).apiKeys.map((key) => key.apiKeyId)).toContain(
      organizationKey.apiKeyId,
    );
    await client.apiKeys.update(organizationKey.apiKeyId, { name: "org2" });
    await client.apiKeys.delete(organizationKey.apiKeyId);
    await client.pods.apiKeys.delete(pod.podId, podKey.apiKeyId);
  });
});

describe("domains", () => {
  test("a domain lists its records, is honest about verification, gives a zone file, and is deleted", async () => {
    const pod = await client.pods.create({});
    const domain = await client.pods.domains.create(pod.podId, { domain: "Agents.Example-Mail.com" });
    expect(domain).toMatchObject({ domainId: "agents.example-mail.com", status: "NOT_STARTED" });
    expect(domain.records.map((record) => record.type)).toEqual(expect.arrayContaining(["TXT", "MX"]));
    expect((await client.pods.domains.list(pod.podId)).count).toBe(1);
    const zone = Buffer.from(
      await (await client.domains.getZoneFile(domain.domainId)).arrayBuffer(),
    ).toString();
    expect(zone).toContain("_domainkey.agents.example-mail.com.");
    await client.pods.domains.verify(pod.podId, domain.domainId);
    expect((await client.domains.get(domain.domainId)).status).toBe("PENDING");
    expect(
      (await client.domains.update(domain.domainId, { subdomainsEnabled: true })).subdomainsEnabled,
    ).toBe(true);
    expect(await client.domains.getSetupLink(domain.domainId)).toMatchObject({ supported: false });
    const other = await client.pods.create({});
    expect(
      await failure(client.pods.domains.create(other.podId, { domain: "agents.example-mail.com" })),
    ).toMatchObject({ status: 403, body: { code: "already_exists" } });
    expect(
      (await failure(client.pods.inboxes.create(pod.podId, { domain: domain.domainId }))).body["code"],
    ).toBe("domain_not_verified");
    await client.pods.domains.delete(pod.podId, domain.domainId);
    expect((await failure(client.domains.get(domain.domainId))).status).toBe(404);
  });
});

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

describe("webhooks", () => {
  test("endpoints are managed at three scopes; secrets of headers stay secret", async () => {
    const pod = await client.pods.create({});
    const inbox = await client.pods.inboxes.create(pod.podId, {});
    const url = "https://hooks.example.com/x";
    const webhook = await client.webhooks.create({
      url,
      eventTypes: ["message.received"],
      podIds: [pod.podId],
      clientId: "w-1",
      headers: { "X-Token": "hush" },
    });
    expect(webhook).toMatchObject({ url, enabled: true, podIds: [pod.podId] });
    expect(webhook.secret).toMatch(/^whsec_/);
    expect(
      (await client.webhooks.create({ url, eventTypes: ["message.sent"], clientId: "w-1" })).webhookId,
    ).toBe(webhook.webhookId);
    expect((await client.webhooks.getHeaders(webhook.webhookId)).headerNames).toEqual(["X-Token"]);
    await client.webhooks.updateHeaders(webhook.webhookId, {
      headers: { "X-Other": "1" },
      removeHeaders: ["x-token"],
    });
    expect((await client.pods.webhooks.getHeaders(pod.podId, webhook.webhookId)).headerNames).toEqual([
      "X-Other",
    ]);
    expect(
      (
        await client.webhooks.update(webhook.webhookId, {
          eventTypes: ["message.sent"],
          addInboxIds: [inbox.inboxId],
        })
      ).inboxIds,
    ).toEqual([inbox.inboxId]);
    expect(
      (
        await failure(
          client.webhooks.update(webhook.webhookId, {
            removePodIds: [pod.podId],
            removeInboxIds: [inbox.inboxId],
          }),
        )
      ).status,
    ).toBe(400);
    const own = await client.inboxes.webhooks.create(inbox.inboxId, {
      url,
      eventTypes: ["message.received"],
    });
    expect((await client.inboxes.webhooks.list(inbox.inboxId)).webhooks.map((one) => one.webhookId)).toEqual([
      own.webhookId,
    ]);
    expect((await client.pods.webhooks.list(pod.podId)).count).toBe(2);
    expect((await client.webhooks.list()).count).toBe(2);
    expect((await failure(client.webhooks.create({ url, eventTypes: [] }))).status).toBe(400);
    await client.inboxes.webhooks.delete(inbox.inboxId, own.webhookId);
    expect((await failure(client.inboxes.webhooks.get(inbox.inboxId, own.webhookId))).status).toBe(404);
    const inPod = await client.pods.webhooks.create(pod.podId, {
      url,
      eventTypes: ["message.received"],
      inboxIds: [inbox.inboxId],
    });
    expect((await client.pods.webhooks.get(pod.podId, inPod.webhookId)).inboxIds).toEqual([inbox.inboxId]);
    await client.pods.webhooks.delete(pod.podId, inPod.webhookId);
    await client.webhooks.delete(webhook.webhookId);
  });
});
