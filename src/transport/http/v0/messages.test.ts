import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendMail } from "../../../../test/support/smtp-client.ts";
import { type TestApp, testApp } from "../../../../test/support/test-app.ts";

let app: TestApp;
let inbox: string;
beforeAll(async () => {
  app = await testApp();
  inbox = (await app.client().inboxes.create({ username: "odd.ids" })).inboxId;
});
afterAll(async () => app.stop());

/** Message-IDs as senders write them; several are each other's neighbours under one decoding too many or too few. */
const ids = [
  "<a+b@x.test>",
  "<a%2Bb@x.test>",
  "<a%252Bb@x.test>",
  "<a/b@x.test>",
  "<a%2Fb@x.test>",
  "<reply/raw@x.test>",
  "<send@x.test>",
  "<a?b#c&d=e@x.test>",
  "<100%@x.test>",
  "<ünï-件@例え.test>",
  "<..@x.test>",
];

async function receive(id: string): Promise<void> {
  const mail = `From: h@outside.test\r\nTo: ${inbox}\r\nSubject: ${id.length}\r\nMessage-ID: ${id}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nbody of ${id}\r\n--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nfile\r\n--b--\r\n`;
  const reply = await sendMail(app.smtpPort, "h@outside.test", [inbox], Buffer.from(mail));
  expect(reply, id).toMatch(/^250 /);
}

const at = (tail: string): string => `/v0/inboxes/${encodeURIComponent(inbox)}/messages/${tail}`;

describe("Message-IDs in paths", () => {
  beforeAll(async () => {
    for (const id of ids) await receive(id);
  });

  it("each names its own message and no other, as the official client writes it and without brackets", async () => {
    for (const id of ids) {
      for (const written of [id, id.slice(1, -1)]) {
        const answer = await app.request("GET", at(encodeURIComponent(written)));
        expect({ written, status: answer.status, id: answer.body["message_id"] }).toEqual({
          written,
          status: 200,
          id,
        });
        expect(answer.body["text"]).toContain(`body of ${id}`);
      }
    }
  });

  it("slashes and @ that a client leaves as they are still name the message, with and without a verb behind", async () => {
    for (const id of ["<a/b@x.test>", "<reply/raw@x.test>", "<a+b@x.test>"]) {
      const raw = id.replace("<", "%3C").replace(">", "%3E");
      const answer = await app.request("GET", at(raw));
      expect(answer.body["message_id"]).toBe(id);
      const [attachment] = answer.body["attachments"] as { attachment_id: string }[];
      expect((await app.request("GET", at(`${raw}/raw`))).body["message_id"]).toBe(id);
      const file = await app.request("GET", at(`${raw}/attachments/${attachment?.attachment_id}`));
      expect(file.body["filename"]).toBe("a.txt");
      const reply = await app.request("POST", at(`${raw}/reply`), { body: { text: "re" } });
      expect(reply.body["thread_id"]).toBe(answer.body["thread_id"]);
    }
  });

  it("labels and deletion reach the one message that was named", async () => {
    const client = app.client();
    await client.inboxes.messages.update(inbox, "<a%2Bb@x.test>", { addLabels: "mine" });
    const { messages } = await client.inboxes.messages.list(inbox, { labels: ["mine"] });
    expect(messages.map((message) => message.messageId)).toEqual(["<a%2Bb@x.test>"]);
    await client.inboxes.messages.delete(inbox, "<a%2Fb@x.test>");
    expect((await app.request("GET", at(encodeURIComponent("<a%2Fb@x.test>")))).status).toBe(404);
    expect((await app.request("GET", at(encodeURIComponent("<a/b@x.test>")))).status).toBe(200);
  });

  it("what is no id at all is not found, never a fault of ours", async () => {
    for (const tail of [
      "%ZZ",
      "%",
      "%3C%3E",
      "%00",
      "%ED%A0%80",
      "a%0D%0Ab",
      `${"x".repeat(4000)}`,
      "searched",
    ]) {
      const answer = await app.request("GET", at(tail));
      expect({ tail, status: answer.status, code: answer.body["code"] }).toEqual({
        tail,
        status: 404,
        code: "not_found",
      });
    }
  });
});

describe("inbox ids in paths", () => {
  it("are taken in any case, with the @ as it is or encoded", async () => {
    for (const written of [
      "odd.ids@rookery.localhost",
      "ODD.IDS%40Rookery.Localhost",
      "odd%2Eids@rookery.localhost",
    ])
      expect((await app.request("GET", `/v0/inboxes/${written}/messages`)).status, written).toBe(200);
    expect((await app.request("GET", "/v0/inboxes/odd.ids%2540rookery.localhost/messages")).status).toBe(404);
  });
});

describe("the shape of a message", () => {
  it("has every required field even when the mail had neither sender nor subject", async () => {
    await sendMail(app.smtpPort, "", [inbox], "Message-ID: <bare@x.test>\r\n\r\n");
    const { body } = await app.request("GET", at(encodeURIComponent("<bare@x.test>")));
    for (const field of ["inbox_id", "thread_id", "labels", "timestamp", "from", "to", "size", "updated_at"])
      expect(body, field).toHaveProperty(field);
    for (const field of ["subject", "html", "cc", "attachments"])
      expect(body, field).not.toHaveProperty(field);
  });
});

describe("query fields of lists", () => {
  it("a list comes as JSON, repeated, joined with commas or alone; display names may hold commas", async () => {
    await sendMail(
      app.smtpPort,
      "c@outside.test",
      [inbox],
      `From: "Comma, Ann" <c@outside.test>\r\nTo: ${inbox}\r\nMessage-ID: <comma@x.test>\r\n\r\nx`,
    );
    await app.client().inboxes.messages.update(inbox, "<comma@x.test>", { addLabels: ["a", "b"] });
    for (const query of [
      "labels=%5B%22a%22%2C+%22b%22%5D",
      "labels=a&labels=b",
      "labels=a,b",
      "labels=a",
      `from=${encodeURIComponent("Comma, Ann")}&limit=100`,
      "labels=a&include_trash=YES&unknown=1",
    ]) {
      const answer = await app.request("GET", `/v0/inboxes/${inbox}/messages?${query}`);
      expect({ query, count: answer.body["count"] }).toEqual({ query, count: 1 });
    }
    for (const query of [
      "limit=0",
      "limit=x",
      "ascending=maybe",
      "page_token=!!",
      "page_token=e30",
      "before=yesterday",
    ])
      expect((await app.request("GET", `/v0/inboxes/${inbox}/messages?${query}`)).status, query).toBe(400);
  });
});
