/** AgentMail's tools by the official MCP client: each of them does what its route does, for keys of every scope (contract 18). */
import type { Client } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { v0Routes } from "../../src/transport/http/v0/index.ts";
import { callTool, type Era, mcpClient } from "../support/mcp-client.ts";
import { sendMail } from "../support/smtp-client.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;

beforeAll(async () => {
  app = await testApp();
});
afterAll(async () => app.stop());

const asKey = (key: string, era: Era = "legacy"): Promise<Client> =>
  mcpClient(`${app.baseUrl}/mcp`, { authorization: `Bearer ${key}` }, era);

/** An agent's key: of the inbox, with all its permissions or with some. */
async function keyOf(inboxId: string, permissions?: Record<string, boolean>): Promise<string> {
  const { body } = await app.request("POST", `/v0/inboxes/${inboxId}/api-keys`, {
    body: { name: "agent", ...(permissions !== undefined && { permissions }) },
  });
  return String(body["api_key"]);
}

/** Tools, and the route that each is made of. */
const contractTools: readonly (readonly [tool: string, route: string])[] = [
  ["list_inboxes", "inboxes.list"],
  ["get_inbox", "inboxes.get"],
  ["create_inbox", "inboxes.create"],
  ["update_inbox", "inboxes.update"],
  ["delete_inbox", "inboxes.delete"],
  ["agent_verify", "agent.verify"],
  ["list_threads", "inboxes.threads.list"],
  ["search_threads", "inboxes.threads.search"],
  ["get_thread", "inboxes.threads.get"],
  ["get_attachment", "inboxes.threads.getAttachment"],
  ["update_thread", "inboxes.threads.update"],
  ["delete_thread", "inboxes.threads.delete"],
  ["list_messages", "inboxes.messages.list"],
  ["search_messages", "inboxes.messages.search"],
  ["send_message", "inboxes.messages.send"],
  ["reply_to_message", "inboxes.messages.reply"],
  ["forward_message", "inboxes.messages.forward"],
  ["update_message", "inboxes.messages.update"],
  ["create_draft", "inboxes.drafts.create"],
  ["list_drafts", "inboxes.drafts.list"],
  ["get_draft", "inboxes.drafts.get"],
  ["update_draft", "inboxes.drafts.update"],
  ["send_draft", "inboxes.drafts.send"],
  ["delete_draft", "inboxes.drafts.delete"],
];

test("each tool is made of a route that there is", () => {
  expect(contractTools.filter(([, route]) => !v0Routes.some(({ name }) => name === route))).toEqual([]);
});

const toolsOf = async (client: Client): Promise<string[]> =>
  (await client.listTools()).tools.map(({ name }) => name);

describe("the list", () => {
  test.each<Era>(["legacy", "auto"])("has all tools of the contract (%s)", async (era) => {
    const client = await asKey(app.rootKey, era);
    expect(await toolsOf(client)).toEqual(
      // A key of an organization that signed up by itself has one more.
      contractTools.map(([name]) => name).filter((name) => name !== "agent_verify"),
    );
    await client.close();
  });

  test("shows of each what it takes and gives, and what it may do", async () => {
    const client = await asKey(app.rootKey);
    const { tools } = await client.listTools();
    for (const { name, description, inputSchema, outputSchema, annotations } of tools) {
      expect(description, name).toMatch(/\.$/);
      expect(inputSchema, name).toMatchObject({ type: "object", additionalProperties: false });
      expect(outputSchema, name).toMatchObject({ type: "object", additionalProperties: false });
      const { title, ...hints } = annotations ?? {};
      expect(title, name).toBeTruthy();
      expect(Object.values(hints), name).toHaveLength(4);
      const reads = /^(get|list|search)_/.test(name);
      expect(hints, name).toMatchObject({ readOnlyHint: reads });
      if (/^(delete|update|send|reply|forward)_/.test(name))
        expect(hints, name).toMatchObject({ destructiveHint: true });
    }
    expect(tools.find(({ name }) => name === "send_message")?.inputSchema.required).toEqual([
      "inboxId",
      "to",
    ]);
    await client.close();
  });

  test("has what the key may do, and no more", async () => {
    const root = app.client();
    const pod = await root.pods.create({ name: "Listed" });
    const inbox = await root.pods.inboxes.create(pod.podId, { username: "listed" });
    const client = await asKey(await keyOf(inbox.inboxId, { inbox_read: true, message_read: true }));
    expect((await toolsOf(client)).filter((name) => !name.startsWith("search_"))).toEqual([
      "list_inboxes",
      "get_inbox",
      "list_threads",
      "get_thread",
      "get_attachment",
      "list_messages",
    ]);
    const refused = await callTool(client, "send_message", { inboxId: inbox.inboxId, to: ["a@b.test"] });
    expect(refused).toMatchObject({ isError: true, text: expect.stringContaining("message_send") });
    const whole = await asKey(await keyOf(inbox.inboxId));
    expect(await toolsOf(whole)).not.toContain("create_inbox");
    expect(await toolsOf(whole)).toContain("send_message");
    await client.close();
    await whole.close();
  });
});

describe("tools", () => {
  let agent: Client;
  let inboxId: string;

  beforeAll(async () => {
    const root = app.client();
    const pod = await root.pods.create({ name: "Tools" });
    ({ inboxId } = await root.pods.inboxes.create(pod.podId, { username: "tools" }));
    agent = await asKey(await keyOf(inboxId));
    const file = Buffer.from("a,b\n1,2\n").toString("base64");
    const mail = [
      "From: Human <human@outside.test>",
      `To: ${inboxId}`,
      "Subject: Figures",
      "Message-ID: <figures/1@outside.test>",
      "X-Map_Key: kept",
      "MIME-Version: 1.0",
      'Content-Type: multipart/mixed; boundary="b"',
      "",
      "--b\r\n\r\nHere they are.",
      `--b\r\nContent-Type: text/csv; name="f.csv"\r\nContent-Transfer-Encoding: base64\r\n\r\n${file}`,
      "--b--",
    ].join("\r\n");
    expect(await sendMail(app.smtpPort, "human@outside.test", [inboxId], mail)).toMatch(/^250 /);
  });
  afterAll(async () => agent.close());

  test("an inbox is made, changed, found and deleted", async () => {
    const client = await asKey(app.rootKey);
    const made = await callTool(client, "create_inbox", {
      username: "made",
      displayName: "Made",
      clientId: "made-1",
      metadata: { plan_name: "pro", seats: 3, trialEnds: true },
    });
    expect(made.structured).toMatchObject({
      inboxId: expect.stringMatching(/^made@/),
      displayName: "Made",
      clientId: "made-1",
      metadata: { plan_name: "pro", seats: 3, trialEnds: true },
    });
    expect(JSON.parse(made.text)).toEqual(made.structured);
    expect(made.structured).not.toHaveProperty("organizationId");
    const id = made.structured["inboxId"];
    const changed = await callTool(client, "update_inbox", { inboxId: id, metadata: { plan_name: null } });
    expect(changed.structured["metadata"]).toEqual({ seats: 3, trialEnds: true });
    const emptied = await callTool(client, "update_inbox", { inboxId: id, metadata: null });
    expect(emptied.structured).not.toHaveProperty("metadata");
    const page = await callTool(client, "list_inboxes", { limit: 1 });
    expect(page.structured).toMatchObject({ count: 1, limit: 1, inboxes: [{ inboxId: id }] });
    const { nextPageToken: pageToken } = page.structured;
    const next = await callTool(client, "list_inboxes", { limit: 1, pageToken });
    expect(next.structured).toMatchObject({
      count: 1,
      inboxes: [{ inboxId: expect.not.stringMatching(/^made@/) }],
    });
    expect((await callTool(client, "delete_inbox", { inboxId: id })).structured).toEqual({ success: true });
    expect(await callTool(client, "get_inbox", { inboxId: id })).toMatchObject({
      isError: true,
      text: expect.stringMatching(/not found \(HTTP 404, not_found\)\.\nWhat to do: ./i),
    });
    await client.close();
  });

  test("mail is listed, read with its thread, and its files are given as links", async () => {
    const threads = await callTool(agent, "list_threads", {
      inboxId,
      subject: ["Figures"],
      labels: ["received", "unread"],
      after: "2026-01-01T00:00:00Z",
      ascending: true,
    });
    expect(threads.structured).toMatchObject({ count: 1, limit: 10 });
    const messages = await callTool(agent, "list_messages", { inboxId, from: ["human@", "outside"] });
    expect(messages.structured["messages"]).toHaveLength(1);
    expect(messages.text).not.toContain("kept");
    expect(
      (await callTool(agent, "list_messages", { inboxId, from: ["nobody,human@"] })).structured["count"],
    ).toBe(0);
    const [item] = threads.structured["threads"] as [{ threadId: string; lastMessageId: string }];
    const { threadId, lastMessageId: messageId } = item;
    expect(messageId).toBe("<figures/1@outside.test>");
    const thread = await callTool(agent, "get_thread", { inboxId, threadId });
    expect(thread.structured).toMatchObject({
      messageCount: 1,
      messages: [
        {
          messageId,
          extractedText: expect.stringContaining("Here they are"),
          attachments: [{ filename: "f.csv" }],
        },
      ],
    });
    const [message] = thread.structured["messages"] as [{ attachments: [{ attachmentId: string }] }];
    const { attachmentId } = message.attachments[0];
    const file = await callTool(agent, "get_attachment", { inboxId, threadId, attachmentId });
    expect(await (await fetch(String(file.structured["downloadUrl"]))).text()).toBe("a,b\n1,2\n");
  });

  test("mail is answered, forwarded, sent and labelled", async () => {
    const messageId = "<figures/1@outside.test>";
    const { threadId } = await app.client().inboxes.messages.get(inboxId, messageId);
    const answer = await callTool(agent, "reply_to_message", { inboxId, messageId, text: "Thanks." });
    expect(answer.structured).toEqual({ messageId: expect.stringMatching(/^<.*>$/), threadId });
    const all = await callTool(agent, "reply_to_message", {
      inboxId,
      messageId,
      replyAll: true,
      html: "<p>All</p>",
    });
    expect(all.structured["threadId"]).toBe(threadId);
    const forward = await callTool(agent, "forward_message", {
      inboxId,
      messageId,
      to: ["boss@outside.test"],
      subject: "See",
    });
    expect(forward.isError).toBe(false);
    const sent = await callTool(agent, "send_message", {
      inboxId,
      to: ["human@outside.test"],
      cc: ["c@outside.test"],
      replyTo: ["desk@outside.test"],
      subject: "New",
      text: "Text.",
      labels: ["by_tool"],
      attachments: [
        { filename: "a.txt", contentType: "text/plain", content: Buffer.from("a").toString("base64") },
      ],
    });
    const stored = await app.client().inboxes.messages.get(inboxId, String(sent.structured["messageId"]));
    expect(stored).toMatchObject({ subject: "New", cc: ["c@outside.test"], replyTo: ["desk@outside.test"] });
    expect(stored.labels).toContain("by_tool");
    expect(stored.attachments?.[0]).toMatchObject({ filename: "a.txt", contentType: "text/plain" });

    const labelled = await callTool(agent, "update_message", {
      inboxId,
      messageId,
      addLabels: ["seen_by_tool"],
      removeLabels: ["unread"],
    });
    expect(labelled.structured).toEqual({ messageId, labels: ["received", "seen_by_tool"] });
    const moved = await callTool(agent, "update_thread", { inboxId, threadId, addLabels: ["done"] });
    expect(moved.structured["labels"]).toContain("done");
    expect((await callTool(agent, "delete_thread", { inboxId, threadId })).structured).toEqual({
      success: true,
    });
    const left = await callTool(agent, "list_threads", { inboxId, subject: ["Figures"], includeTrash: true });
    expect(left.structured["count"]).toBe(0);
  });

  test("drafts are made, listed, changed, sent and deleted", async () => {
    const sendAt = new Date(Date.now() + 86_400_000).toISOString();
    const made = await callTool(agent, "create_draft", {
      inboxId,
      to: ["human@outside.test"],
      subject: "Later",
      text: "Draft.",
      clientId: "draft-1",
      sendAt,
    });
    expect(made.structured).toMatchObject({ subject: "Later", clientId: "draft-1", sendStatus: "scheduled" });
    const draftId = made.structured["draftId"];
    const listed = await callTool(agent, "list_drafts", { inboxId, labels: ["scheduled"] });
    expect(listed.structured).toMatchObject({
      count: 1,
      drafts: [{ draftId, sendAt }],
    });
    const changed = await callTool(agent, "update_draft", { inboxId, draftId, subject: "Now" });
    expect(changed.structured).toMatchObject({ draftId, subject: "Now", to: ["human@outside.test"] });
    expect((await callTool(agent, "get_draft", { inboxId, draftId })).structured).toMatchObject({
      text: "Draft.",
    });
    const kept = await callTool(agent, "update_draft", { inboxId, draftId, sendAt: null });
    expect(kept.structured).toMatchObject({ draftId, subject: "Now", labels: [] });
    expect(kept.structured).not.toHaveProperty("sendAt");
    const sent = await callTool(agent, "send_draft", { inboxId, draftId });
    expect(sent.structured).toMatchObject({ messageId: expect.stringMatching(/^<.*>$/) });
    expect((await callTool(agent, "get_draft", { inboxId, draftId })).isError).toBe(true);
    const other = await callTool(agent, "create_draft", { inboxId, text: "Never." });
    const dropped = await callTool(agent, "delete_draft", { inboxId, draftId: other.structured["draftId"] });
    expect(dropped.structured).toEqual({ success: true });
  });

  test("messages and threads are found by their words", async () => {
    await callTool(agent, "send_message", { inboxId, to: ["a@b.test"], subject: "Zeppelin", text: "Ship." });
    const messages = await callTool(agent, "search_messages", { inboxId, q: "zeppelin" });
    expect(messages.structured).toMatchObject({ count: 1, messages: [{ subject: "Zeppelin" }] });
    const threads = await callTool(agent, "search_threads", { inboxId, q: "zeppelin", limit: 5 });
    expect(threads.structured).toMatchObject({ count: 1, threads: [{ subject: "Zeppelin" }] });
    expect((await callTool(agent, "search_messages", { inboxId, q: "absent" })).structured["count"]).toBe(0);
  });

  test("another pod's inbox is as absent as one that nobody has", async () => {
    const other = await app.client().pods.create({ name: "Other" });
    const foreign = await app.client().pods.inboxes.create(other.podId, { username: "foreign" });
    const absent = "nobody-there@rookery.localhost";
    const textOf = async (name: string, id: string): Promise<string> => {
      const extra = name === "send_message" ? { to: ["a@b.test"] } : {};
      const { isError, text } = await callTool(agent, name, { inboxId: id, ...extra });
      expect(isError, name).toBe(true);
      return text.replaceAll(id, "it");
    };
    for (const name of ["list_threads", "list_messages", "send_message", "get_inbox", "delete_inbox"])
      expect(await textOf(name, foreign.inboxId), name).toBe(await textOf(name, absent));
    expect((await app.client().inboxes.get(foreign.inboxId)).inboxId).toBe(foreign.inboxId);
  });
});
