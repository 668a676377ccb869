/** The official `agentmail` client: what it can do at more than one scope, at each of them by that scope's own methods. */
import type { AgentMail, AgentMailClient } from "agentmail";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
  pod = (await client.pods.create({ name: "Tenant" })).podId;
  inbox = (await client.pods.inboxes.create(pod, { username: "agent" })).inboxId;
});
afterAll(async () => app.stop());

const gone = { status: 404, body: { name: "NotFoundError", code: "not_found" } };

/** A mail from outside with a file: its thread and that file. */
async function received(name: string): Promise<{ threadId: string; attachmentId: string }> {
  const body = [
    `From: human@outside.test`,
    `To: ${inbox}`,
    `Subject: ${name}`,
    `Message-ID: <${name}@outside.test>`,
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "Hello.",
    "--b",
    'Content-Type: text/plain; name="a.txt"',
    'Content-Disposition: attachment; filename="a.txt"',
    "",
    "A file.",
    "--b--",
  ];
  expect(await sendMail(app.smtpPort, "human@outside.test", [inbox], body.join("\r\n"))).toMatch(/^250 /);
  const message = await client.inboxes.messages.get(inbox, `<${name}@outside.test>`);
  return { threadId: message.threadId, attachmentId: message.attachments?.[0]?.attachmentId ?? "" };
}

describe("inboxes and keys", () => {
  test("inboxes are listed page by page", async () => {
    const other = await client.inboxes.create({ username: "other" });
    const first = await client.inboxes.list({ limit: 1 });
    const rest = await client.inboxes.list({ limit: 1, pageToken: first.nextPageToken ?? "" });
    expect([...first.inboxes, ...rest.inboxes].map(({ inboxId }) => inboxId)).toEqual([other.inboxId, inbox]);
    expect(rest.nextPageToken).toBeUndefined();
  });

  test("a key of an inbox is renamed by its inbox alone", async () => {
    const { apiKeyId } = await client.inboxes.apiKeys.create(inbox, { name: "one" });
    const changed = await client.inboxes.apiKeys.update(inbox, apiKeyId, { name: "two" });
    expect(changed).toMatchObject({ apiKeyId, name: "two" });
    const other = (await client.inboxes.list({ limit: 1 })).inboxes[0]?.inboxId ?? "";
    expect(await failure(client.inboxes.apiKeys.update(other, apiKeyId, { name: "x" }))).toMatchObject(gone);
  });
});

describe("domains", () => {
  test("a pod's are read, changed, exported, and deleted by the organization", async () => {
    const name = "tenant.example";
    await client.pods.domains.create(pod, { domain: name, feedbackEnabled: true });
    expect(await client.pods.domains.get(pod, name)).toMatchObject({ domainId: name, podId: pod });
    const changed = await client.pods.domains.update(pod, name, { feedbackEnabled: false });
    expect(changed.feedbackEnabled).toBe(false);
    const zone = await client.pods.domains.getZoneFile(pod, name);
    expect(Buffer.from(await zone.arrayBuffer()).toString()).toMatch(/\bIN\s+MX\b/);
    await client.domains.delete(name);
    expect(await failure(client.pods.domains.get(pod, name))).toMatchObject(gone);
  });
});

describe("lists", () => {
  const entry = { entry: "spam.example", reason: "Spam" };
  const listed = ({ entries }: { readonly entries: readonly { readonly entry: string }[] }): string[] =>
    entries.map((one) => one.entry);

  test("an entry of the organization is read, listed and deleted there, and is in no other list", async () => {
    expect(await client.lists.create("receive", "block", entry)).toMatchObject(entry);
    expect(await client.lists.get("receive", "block", entry.entry)).toMatchObject(entry);
    expect(listed(await client.lists.list("receive", "block"))).toEqual([entry.entry]);
    expect(listed(await client.lists.list("send", "block"))).toEqual([]);
    expect(listed(await client.pods.lists.list(pod, "receive", "block"))).toEqual([]);
    await client.lists.delete("receive", "block", entry.entry);
    expect(await failure(client.lists.get("receive", "block", entry.entry))).toMatchObject(gone);
  });

  test("the same of a pod", async () => {
    expect(await client.pods.lists.create(pod, "reply", "allow", entry)).toMatchObject({ podId: pod });
    expect(await client.pods.lists.get(pod, "reply", "allow", entry.entry)).toMatchObject(entry);
    expect(listed(await client.pods.lists.list(pod, "reply", "allow"))).toEqual([entry.entry]);
    await client.pods.lists.delete(pod, "reply", "allow", entry.entry);
    expect(await failure(client.pods.lists.delete(pod, "reply", "allow", entry.entry))).toMatchObject(gone);
  });

  test("the same of an inbox", async () => {
    expect(await client.inboxes.lists.create(inbox, "send", "block", entry)).toMatchObject({
      inboxId: inbox,
    });
    expect(await client.inboxes.lists.get(inbox, "send", "block", entry.entry)).toMatchObject(entry);
    expect(listed(await client.inboxes.lists.list(inbox, "send", "block"))).toEqual([entry.entry]);
    await client.inboxes.lists.delete(inbox, "send", "block", entry.entry);
    expect(listed(await client.inboxes.lists.list(inbox, "send", "block"))).toEqual([]);
  });
});

describe("threads", () => {
  test("are labelled, their files read, and deleted at each scope", async () => {
    const { threadId, attachmentId } = await received("scopes");
    const ids = async (page: Promise<AgentMail.ListThreadsResponse>): Promise<string[]> =>
      (await page).threads.map((one) => one.threadId);
    const labels = (name: string) => ({ addLabels: [name], removeLabels: ["unread"] });
    expect((await client.threads.update(threadId, labels("of-all"))).labels).toContain("of-all");
    expect((await client.pods.threads.update(pod, threadId, labels("of-pod"))).labels).toContain("of-pod");
    expect(await ids(client.threads.list({ labels: ["of-all", "of-pod"] }))).toEqual([threadId]);
    for (const file of [
      await client.pods.threads.getAttachment(pod, threadId, attachmentId),
      await client.inboxes.threads.getAttachment(inbox, threadId, attachmentId),
    ])
      expect(await (await fetch(file.downloadUrl)).text()).toMatch(/^A file\./);
    await client.inboxes.threads.delete(inbox, threadId);
    expect(await ids(client.threads.list())).not.toContain(threadId);
  });
});

describe("drafts", () => {
  test("are written in an inbox and read at each scope until they are sent", async () => {
    const file = { filename: "a.txt", contentType: "text/plain", content: "aGk=" };
    const made = await client.inboxes.drafts.create(inbox, { to: ["a@outside.test"], attachments: [file] });
    const id = made.draftId;
    const attachmentId = made.attachments?.[0]?.attachmentId ?? "";
    expect(await client.drafts.get(id)).toEqual(made);
    expect(await client.pods.drafts.get(pod, id)).toEqual(made);
    expect(await client.inboxes.drafts.get(inbox, id)).toEqual(made);
    for (const page of [await client.pods.drafts.list(pod), await client.inboxes.drafts.list(inbox)])
      expect(page.drafts.map(({ draftId }) => draftId)).toEqual([id]);
    for (const found of [
      await client.drafts.getAttachment(id, attachmentId),
      await client.pods.drafts.getAttachment(pod, id, attachmentId),
      await client.inboxes.drafts.getAttachment(inbox, id, attachmentId),
    ])
      expect(await (await fetch(found.downloadUrl)).text()).toBe("hi");
    const changed = await client.inboxes.drafts.update(inbox, id, { subject: "Hi", text: "Text" });
    expect(changed).toMatchObject({ subject: "Hi", text: "Text" });
    const sent = await client.inboxes.drafts.send(inbox, id, {});
    expect(await client.inboxes.messages.get(inbox, sent.messageId)).toMatchObject({ subject: "Hi" });
    expect(await failure(client.inboxes.drafts.delete(inbox, id))).toMatchObject(gone);
  });
});

describe("metrics and webhooks", () => {
  test("metrics of the organization are arrays by type", async () => {
    const events = await client.metrics.queryEvents({ eventTypes: ["message.received"], period: 3600 });
    expect(Object.keys(events)).toEqual(["message.received"]);
    const usage = await client.metrics.queryUsage({ usageTypes: ["pod_count"] });
    expect(Object.keys(usage)).toEqual(["pod_count"]);
  });

  test("a webhook of a pod or an inbox is changed there, and its headers' values are not told", async () => {
    const hook = { url: `${app.baseUrl}/healthz`, eventTypes: ["message.received" as const] };
    const ofPod = (await client.pods.webhooks.create(pod, hook)).webhookId;
    const ofInbox = (await client.inboxes.webhooks.create(inbox, hook)).webhookId;
    const eventTypes = ["message.sent" as const];
    expect((await client.pods.webhooks.update(pod, ofPod, { eventTypes })).eventTypes).toEqual(eventTypes);
    expect((await client.inboxes.webhooks.update(inbox, ofInbox, { eventTypes })).eventTypes).toEqual(
      eventTypes,
    );
    await client.pods.webhooks.updateHeaders(pod, ofPod, { headers: { "X-Team": "a" } });
    await client.inboxes.webhooks.updateHeaders(inbox, ofInbox, {
      headers: { "X-Team": "a", "X-Other": "b" },
    });
    await client.inboxes.webhooks.updateHeaders(inbox, ofInbox, { removeHeaders: ["X-Team"] });
    expect(await client.inboxes.webhooks.getHeaders(inbox, ofInbox)).toEqual({ headerNames: ["X-Other"] });
  });
});
