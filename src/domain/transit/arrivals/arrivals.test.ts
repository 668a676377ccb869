import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";

let t: TestDoor;
let arrive: ReturnType<typeof bytesInto>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = bytesInto(t);
});
afterAll(async () => {
  await t.close();
});

const makeInbox = async (): Promise<string> =>
  String((await t.call(t.rootToken, "inboxes.create")).body["inbox_id"]);
const messagesOf = async (inbox: string): Promise<Record<string, unknown>[]> => {
  const { body } = await t.call(t.rootToken, "inboxes.messages.list", { params: { inbox_id: inbox } });
  return body["messages"] as Record<string, unknown>[];
};

describe("mail that looks the same", () => {
  it("is stored once under one Message-ID, and without one when its date is the same", async () => {
    const inbox = await makeInbox();
    const dated = "From: a@x.test\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\r\nDisk is full.\r\n";
    for (const raw of [dated, dated, `Message-ID: <same@x>\r\n${dated}`, `Message-ID: <same@x>\r\n${dated}`])
      await arrive(inbox, Buffer.from(raw));
    expect(await messagesOf(inbox)).toHaveLength(2);
  });

  it("is kept when neither id nor date tells whether it is the same and an hour has gone by", async () => {
    const inbox = await makeInbox();
    const raw = Buffer.from("From: cron@x.test\r\nSubject: Alert\r\n\r\nDisk is full.\r\n");
    for (const at of ["2026-11-20T10:00:00Z", "2026-11-20T10:30:00Z", "2026-11-20T11:00:00Z"])
      await arrive(inbox, raw, new Date(at));
    const ids = (await messagesOf(inbox)).map((message) => message["message_id"]);
    expect(new Set(ids).size).toBe(2);
  });
});

it("a mail with a Message-ID longer than can be indexed is stored under one of ours", async () => {
  const inbox = await makeInbox();
  // Characters that compress badly, of three octets each.
  const long = Array.from({ length: 900 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000)));
  await arrive(inbox, Buffer.from(`From: a@x.test\r\nMessage-ID: <${long.join("")}@x>\r\n\r\nHi\r\n`));
  const [message] = await messagesOf(inbox);
  expect(message?.["message_id"]).toMatch(/^<[0-9a-f]{40}@mx\.rookery\.localhost>$/);
});

describe("an answer that comes within the second of what it answers", () => {
  const send = async (inbox: string) => {
    const { body } = await t.call(t.rootToken, "inboxes.messages.send", {
      params: { inbox_id: inbox },
      body: { to: "human@outside.test", text: "Question?" },
    });
    const params = { inbox_id: inbox, message_id: String(body["message_id"]) };
    const at = new Date(
      String((await t.call(t.rootToken, "inboxes.messages.get", { params })).body["timestamp"]),
    );
    return { id: params.message_id, threadId: String(body["thread_id"]), at };
  };
  const dated = (at: Date, id: string, parent: string): Buffer =>
    Buffer.from(
      `From: human@outside.test\r\nMessage-ID: ${id}\r\nIn-Reply-To: ${parent}\r\nDate: ${at.toUTCString()}\r\n\r\nAnswer.\r\n`,
    );

  it("stands behind it, and is the thread's latest", async () => {
    const inbox = await makeInbox();
    const { id, threadId, at } = await send(inbox);
    await arrive(inbox, dated(at, "<answer@x>", id));
    await arrive(inbox, dated(at, "<next@x>", "<answer@x>"));
    const { body } = await t.call(t.rootToken, "threads.get", { params: { thread_id: threadId } });
    const messages = body["messages"] as Record<string, unknown>[];
    expect(messages.map((message) => message["message_id"])).toEqual([id, "<answer@x>", "<next@x>"]);
    expect(body).toMatchObject({ last_message_id: "<next@x>", preview: "Answer." });
  });

  it("one that says it was written earlier than that keeps its date", async () => {
    const inbox = await makeInbox();
    const { id, at } = await send(inbox);
    const earlier = new Date(Math.floor(at.getTime() / 1000) * 1000 - 1000);
    await arrive(inbox, dated(earlier, "<early@x>", id));
    const early = (await messagesOf(inbox)).find((message) => message["message_id"] === "<early@x>");
    expect(early?.["timestamp"]).toBe(earlier.toISOString());
  });
});

it("a message sent with as many labels as may be can still lose some and be given those it has", async () => {
  const inbox = await makeInbox();
  const labels = Array.from({ length: 100 }, (_, n) => `l${n}`);
  const { body } = await t.call(t.rootToken, "inboxes.messages.send", {
    params: { inbox_id: inbox },
    body: { to: "human@outside.test", labels },
  });
  const change = (add_labels: string[]) =>
    t.call(t.rootToken, "inboxes.messages.update", {
      params: { inbox_id: inbox, message_id: String(body["message_id"]) },
      body: { add_labels },
    });
  expect((await change(["l0"])).status).toBe(200);
  expect((await change(["one-more"])).status).toBe(400);
});
