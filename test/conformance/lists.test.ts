/** The official `agentmail` client against a whole server: allow and block lists. */
import { type AgentMailClient, AgentMailError } from "agentmail";
import { afterAll, beforeAll, expect, test } from "vitest";
import { failure } from "../support/failure.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let client: AgentMailClient;
let pod: string;
let inbox: string;
beforeAll(async () => {
  app = await testApp();
  client = app.client();
  pod = (await client.pods.create({ name: "lists" })).podId;
  inbox = (await client.pods.inboxes.create(pod, { username: "lists" })).inboxId;
});
afterAll(() => app.stop());

/** The client's resource at each scope, with its first arguments given. */
const scopes = () =>
  [
    {
      scope: "organization",
      home: {},
      create: client.lists.create.bind(client.lists),
      get: client.lists.get.bind(client.lists),
      list: client.lists.list.bind(client.lists),
      remove: client.lists.delete.bind(client.lists),
    },
    {
      scope: "pod",
      home: { podId: pod },
      create: client.pods.lists.create.bind(client.pods.lists, pod),
      get: client.pods.lists.get.bind(client.pods.lists, pod),
      list: client.pods.lists.list.bind(client.pods.lists, pod),
      remove: client.pods.lists.delete.bind(client.pods.lists, pod),
    },
    {
      scope: "inbox",
      home: { podId: pod, inboxId: inbox },
      create: client.inboxes.lists.create.bind(client.inboxes.lists, inbox),
      get: client.inboxes.lists.get.bind(client.inboxes.lists, inbox),
      list: client.inboxes.lists.list.bind(client.inboxes.lists, inbox),
      remove: client.inboxes.lists.delete.bind(client.inboxes.lists, inbox),
    },
  ] as const;

test("at each scope entries are put on each of the six lists, read, listed by their text, and taken off", async () => {
  for (const { home, create, get, list, remove } of scopes())
    for (const direction of ["send", "receive", "reply"] as const)
      for (const type of ["allow", "block"] as const) {
        const made = await create(direction, type, { entry: "Zoe@Mail.Example", reason: "asked" });
        expect(made).toMatchObject({
          ...home,
          entry: "zoe@mail.example",
          reason: "asked",
          direction,
          listType: type,
          entryType: "email",
        });
        expect(made.createdAt).toBeInstanceOf(Date);
        if (!("podId" in home)) expect(made).not.toHaveProperty("podId");
        if (!("inboxId" in home)) expect(made).not.toHaveProperty("inboxId");
        expect(await get(direction, type, "ZOE@mail.example")).toEqual(made);
        expect(await create(direction, type, { entry: "a.example" })).toMatchObject({ entryType: "domain" });
        const first = await list(direction, type, { limit: 1 });
        expect(first).toMatchObject({ count: 1, limit: 1, entries: [{ entry: "a.example" }] });
        const second = await list(direction, type, { limit: 1, pageToken: first.nextPageToken ?? "" });
        expect(second.entries).toEqual([made]);
        expect(second.nextPageToken).toBeUndefined();
        await remove(direction, type, "a.example");
        await remove(direction, type, "zoe@mail.example");
        expect(await failure(remove(direction, type, "zoe@mail.example"))).toMatchObject({
          status: 404,
          body: { code: "not_found", message: "List entry not found" },
        });
        expect((await list(direction, type)).entries).toEqual([]);
      }
});

test("an entry that is no address and no domain is refused", async () => {
  const refused = await client.lists.create("send", "block", { entry: "nobody" }).catch((error) => error);
  expect(refused).toBeInstanceOf(AgentMailError);
  expect(refused).toMatchObject({ statusCode: 400 });
});

test("a send to a blocked recipient is refused as the client knows it, and leaves nothing behind", async () => {
  await client.inboxes.lists.create(inbox, "send", "block", { entry: "blocked.example" });
  const sent = client.inboxes.messages.send(inbox, {
    to: ["ok@fine.example", "Bob@Blocked.example"],
    text: "hi",
  });
  expect(await failure(sent)).toMatchObject({
    status: 403,
    body: {
      name: "MessageRejectedError",
      code: "message_rejected",
      message: "Message rejected: Recipient(s) blocked: Bob@blocked.example (on a block list)",
    },
  });
  expect((await client.inboxes.messages.list(inbox)).messages).toEqual([]);
});
