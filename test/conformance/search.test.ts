/** The official `agentmail` client against a whole server: every search it has, at every scope. */
import type { AgentMailClient } from "agentmail";
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
  pod = (await client.pods.create({ name: "acme" })).podId;
  inbox = (await client.pods.inboxes.create(pod, { username: "support-acme", displayName: "Acme Helpdesk" }))
    .inboxId;
});
afterAll(async () => app.stop());

async function receive(to: string, subject: string, text: string): Promise<string> {
  const id = `<${crypto.randomUUID()}@outside.test>`;
  const head = `From: Ann Human <ann@outside.test>\r\nTo: ${to}\r\nSubject: ${subject}\r\nMessage-ID: ${id}`;
  expect(await sendMail(app.smtpPort, "ann@outside.test", [to], `${head}\r\n\r\n${text}\r\n`)).toMatch(
    /^250 /,
  );
  return id;
}

const notFound = { status: 404, body: { name: "NotFoundError" } };

describe("messages", () => {
  test("are found right after the 250 and the 200, with what was found in them", async () => {
    const id = await receive(inbox, "Your giraffe", "It is tall.");
    const found = await client.inboxes.messages.search(inbox, { q: "giraffe ann" });
    expect(found).toMatchObject({
      count: 1,
      messages: [
        {
          messageId: id,
          inboxId: inbox,
          highlights: { subject: ["Your **giraffe**"], from: expect.any(Array) },
        },
      ],
    });
    expect([found.limit, found.nextPageToken]).toEqual([undefined, undefined]);
    const [message] = found.messages;
    expect(Object.keys(message?.highlights ?? {}).toSorted()).toEqual(["from", "subject"]);
    expect(message).not.toHaveProperty("text");
    const sent = await client.inboxes.messages.send(inbox, {
      to: "bob@outside.test",
      text: "An okapi, however",
    });
    const { messages } = await client.inboxes.messages.search(inbox, { q: "okapi" });
    expect(messages.map(({ messageId }) => messageId)).toEqual([sent.messageId]);
    expect(messages[0]?.highlights).toEqual({ text: ["An **okapi**, however"] });
    const people = await client.inboxes.messages.search(inbox, { q: "bob" });
    expect(people.messages[0]?.highlights).toEqual({ recipients: ["**bob**@outside.test"] });
  });

  test("come in pages, within bounds of time, and not at all when nothing has the words", async () => {
    for (let n = 0; n < 5; n++) await receive(inbox, `Tapir ${n}`, "x");
    const first = await client.inboxes.messages.search(inbox, { q: "tapir", limit: 2 });
    expect([first.count, first.limit]).toEqual([2, 2]);
    const seen = first.messages.map(({ subject }) => subject);
    for (let pageToken = first.nextPageToken; pageToken !== undefined; ) {
      const page = await client.inboxes.messages.search(inbox, { q: "tapir", limit: 2, pageToken });
      seen.push(...page.messages.map(({ subject }) => subject));
      pageToken = page.nextPageToken;
    }
    expect(seen.toSorted()).toEqual(["Tapir 0", "Tapir 1", "Tapir 2", "Tapir 3", "Tapir 4"]);
    const before = new Date(Date.now() - 3_600_000);
    expect((await client.inboxes.messages.search(inbox, { q: "tapir", before })).messages).toEqual([]);
    const after = new Date(Date.now() - 3_600_000);
    expect((await client.inboxes.messages.search(inbox, { q: "tapir", after })).count).toBe(5);
    expect(await client.inboxes.messages.search(inbox, { q: "dodo" })).toEqual({ count: 0, messages: [] });
    expect(await client.inboxes.messages.search(inbox, { q: '- OR "" ((' })).toEqual({
      count: 0,
      messages: [],
    });
  });

  test("are refused as the vendor refuses them", async () => {
    const { search } = client.inboxes.messages;
    const tooMany = await failure(search.call(client.inboxes.messages, inbox, { q: "x", limit: 101 }));
    expect(tooMany).toMatchObject({
      status: 400,
      body: { name: "ValidationError", errors: [{ code: "too_big", path: ["limit"] }] },
    });
    const token = await failure(search.call(client.inboxes.messages, inbox, { q: "x", pageToken: "!!" }));
    expect(token).toMatchObject({ status: 400, body: { errors: [{ path: ["page_token"] }] } });
    const empty = await failure(search.call(client.inboxes.messages, inbox, { q: "" }));
    expect(empty).toMatchObject({ status: 400, body: { errors: [{ path: ["q"] }] } });
    expect(
      await failure(search.call(client.inboxes.messages, "no@rookery.localhost", { q: "x" })),
    ).toMatchObject(notFound);
  });
});

describe("threads", () => {
  test("are found at three scopes, once each", async () => {
    const other = (await client.inboxes.create({ username: "elsewhere" })).inboxId;
    const id = await receive(inbox, "Narwhal", "first");
    const { threadId } = await client.inboxes.messages.get(inbox, id);
    await client.inboxes.messages.reply(inbox, id, { text: "The narwhal again" });
    await receive(other, "Narwhal", "another");
    const ofInbox = await client.inboxes.threads.search(inbox, { q: "narwhal" });
    expect(ofInbox).toMatchObject({
      count: 1,
      threads: [{ threadId, messageCount: 2, highlights: { subject: ["Re: **Narwhal**"] } }],
    });
    expect((await client.pods.threads.search(pod, { q: "narwhal" })).threads).toEqual(ofInbox.threads);
    const all = await client.threads.search({ q: "narwhal", limit: 1 });
    expect([all.count, all.limit, typeof all.nextPageToken]).toEqual([1, 1, "string"]);
    const rest = await client.threads.search({ q: "narwhal", limit: 1, pageToken: all.nextPageToken ?? "" });
    const inboxes = [...all.threads, ...rest.threads].map(({ inboxId }) => inboxId);
    expect(inboxes.toSorted()).toEqual([other, inbox].toSorted());
    expect(rest.nextPageToken).toBeUndefined();
    const made = await client.inboxes.apiKeys.create(inbox, {});
    const key = "apiKey" in made ? made.apiKey : "";
    expect((await app.client(key).threads.search({ q: "narwhal" })).count).toBe(1);
  });

  test("are not found in another's pod, nor with a label that hides them", async () => {
    const id = await receive(inbox, "Axolotl", "x");
    const empty = (await client.pods.create({ name: "empty" })).podId;
    expect((await client.pods.threads.search(empty, { q: "axolotl" })).threads).toEqual([]);
    expect(await failure(client.pods.threads.search(crypto.randomUUID(), { q: "x" }))).toMatchObject(
      notFound,
    );
    expect(await failure(client.inboxes.threads.search("no@rookery.localhost", { q: "x" }))).toMatchObject(
      notFound,
    );
    await client.inboxes.messages.update(inbox, id, { addLabels: ["trash"] });
    const found = [
      await client.threads.search({ q: "axolotl" }),
      await client.pods.threads.search(pod, { q: "axolotl" }),
      await client.inboxes.threads.search(inbox, { q: "axolotl" }),
      await client.inboxes.messages.search(inbox, { q: "axolotl" }),
    ];
    expect(found.map(({ count }) => count)).toEqual([0, 0, 0, 0]);
  });
});

describe("inboxes", () => {
  test("are found by how the words of address and name begin, in the organization and in a pod", async () => {
    const other = await client.inboxes.create({ username: "support" });
    const all = await client.inboxes.search({ q: "sup" });
    expect(all.inboxes.map(({ inboxId }) => inboxId)).toEqual([other.inboxId, inbox]);
    expect((await client.inboxes.search({ q: inbox })).inboxes[0]?.inboxId).toBe(inbox);
    const ofPod = await client.pods.inboxes.search(pod, { q: "help acme", limit: 5 });
    expect(ofPod).toMatchObject({ count: 1, limit: 5, inboxes: [{ inboxId: inbox }] });
    expect(await client.inboxes.search({ q: "port" })).toEqual({ count: 0, inboxes: [] });
    expect(await failure(client.inboxes.search({ q: "s" }))).toMatchObject({
      status: 400,
      body: { errors: [{ code: "too_small", path: ["q"] }] },
    });
    expect(await failure(client.pods.inboxes.search(crypto.randomUUID(), { q: "sup" }))).toMatchObject(
      notFound,
    );
  });
});
