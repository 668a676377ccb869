/** Where the new part of a message is given and where not, and where hidden mail can be asked for (contract 9.4, 9.6), over a whole server. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { sendMail } from "../support/smtp-client.ts";
import { type TestApp, testApp } from "../support/test-app.ts";
import { openSocket } from "../support/web-socket.ts";

let app: TestApp;
let pod: string;
let inbox: string;
beforeAll(async () => {
  app = await testApp();
  const client = app.client();
  pod = (await client.pods.create({ name: "extracts" })).podId;
  inbox = (await client.pods.inboxes.create(pod, { username: "extracts" })).inboxId;
});
afterAll(() => app.stop());

const get = async (path: string): Promise<Record<string, unknown>> => {
  const { status, body } = await app.request("GET", `/v0${path}`);
  expect(status, path).toBe(200);
  return body;
};
// Cast: a list of the API's.
const listed = async (path: string, name: "messages" | "threads"): Promise<Record<string, unknown>[]> =>
  (await get(path))[name] as Record<string, unknown>[];

const mail = (id: string, rest: string): Promise<unknown> =>
  sendMail(
    app.smtpPort,
    "ada@customer.example",
    [inbox],
    `From: Ada <ada@customer.example>\r\nTo: ${inbox}\r\nMessage-ID: <${id}@customer.example>\r\n${rest}`,
  );
const at = (id: string): string => `/inboxes/${inbox}/messages/${encodeURIComponent(id)}`;
const received = (id: string): string => `<${id}@customer.example>`;

const QUOTING = "New.\r\n\r\nOn Mon, 3 Aug 2026 at 10:00, Bob <bob@customer.example> wrote:\r\n> Old.\r\n";
const parts = ["text", "html", "extracted_text", "extracted_html"];

describe("the new part of a message", () => {
  test("is on get and in its thread, of received mail and of sent; a message that quotes nothing is its own, trimmed", async () => {
    await mail("plain", "Subject: Plain\r\n\r\n\r\nWhole.\r\n\r\n");
    await mail("answer", `Subject: Re: Plain\r\nIn-Reply-To: ${received("plain")}\r\n\r\n${QUOTING}`);
    expect(await get(at(received("plain")))).toMatchObject({ extracted_text: "Whole." });
    const answer = await get(at(received("answer")));
    expect(answer).toMatchObject({ extracted_text: "New.", text: expect.stringContaining("> Old.") });
    expect(answer).not.toHaveProperty("extracted_html");
    const client = app.client();
    const { messageId } = await client.inboxes.messages.reply(inbox, received("answer"), {
      text: QUOTING.replace("New.", "Mine."),
      html:
        '<p>Mine.</p><div class="gmail_quote"><div class="gmail_attr">On Mon, Aug 3, 2026 at 10:00 AM Bob &lt;bob@x.test&gt; wrote:<br></div>' +
        '<blockquote class="gmail_quote">Old.</blockquote></div>',
    });
    const sent = await get(at(messageId));
    expect(sent).toMatchObject({ extracted_text: "Mine.", extracted_html: expect.stringContaining("Mine.") });
    expect(sent["extracted_html"]).not.toContain("Old.");
    const thread = await get(`/threads/${answer["thread_id"]}`);
    expect(thread["messages"]).toMatchObject(
      ["Whole.", "New.", "Mine."].map((text) => ({ extracted_text: text })),
    );
  });

  test("is there of HTML without text, as it is displayed", async () => {
    await mail("html", "Subject: HTML\r\nContent-Type: text/html\r\n\r\n<p>Hello&nbsp;<b>there</b></p>\r\n");
    const message = await get(at(received("html")));
    expect(message).not.toHaveProperty("text");
    expect(message).not.toHaveProperty("preview");
    expect(message).toMatchObject({ extracted_text: expect.stringMatching(/^Hello\sthere$/) });
  });

  test("is in events, and left out with the bodies where these would be too long", async () => {
    const socket = await openSocket(app.baseUrl, { key: app.rootKey });
    socket.send({ type: "subscribe", inbox_ids: [inbox] });
    await socket.next("subscribed");
    await mail("told", `Subject: Told\r\nIn-Reply-To: ${received("plain")}\r\n\r\n${QUOTING}`);
    expect(await socket.next("the event")).toMatchObject({
      message: { message_id: received("told"), extracted_text: "New.", text: expect.any(String) },
    });
    await mail("long", `Subject: Long\r\n\r\n${"A line of text.\r\n".repeat(70_000)}`);
    const { message } = await socket.next("the event of a long mail");
    expect(message).toMatchObject({ message_id: received("long") });
    for (const part of parts) expect(message).not.toHaveProperty(part);
    socket.end();
  });

  test("is in no list, no search and no batch-get", async () => {
    const lists = [
      ...(await listed(`/inboxes/${inbox}/messages`, "messages")),
      ...(await listed("/threads", "threads")),
    ];
    const found = await eventually("a search", async () => {
      const hits = await listed(`/inboxes/${inbox}/messages/search?q=whole`, "messages");
      return hits.length > 0 ? hits : null;
    });
    const { body } = await app.request("POST", `/v0/inboxes/${inbox}/messages/batch-get`, {
      body: { message_ids: [received("answer")] },
    });
    // Cast: as above.
    const batch = body["messages"] as Record<string, unknown>[];
    expect([lists.length, batch.length].map((count) => count > 0)).toEqual([true, true]);
    for (const item of [...lists, ...found, ...batch])
      for (const part of parts) expect(item).not.toHaveProperty(part);
  });
});

describe("hidden mail", () => {
  test.each(["spam", "blocked", "unauthenticated", "trash"])(
    "with %s is left out of the list of messages and the three of threads, unless it is asked for by that name",
    async (label) => {
      await mail(label, `Subject: ${label}\r\n\r\nHidden.\r\n`);
      await app.client().inboxes.messages.update(inbox, received(label), { addLabels: [label] });
      const places = [
        [`/inboxes/${inbox}/messages`, "messages"],
        [`/inboxes/${inbox}/threads`, "threads"],
        [`/pods/${pod}/threads`, "threads"],
        ["/threads", "threads"],
      ] as const;
      for (const [path, name] of places) {
        const subjects = async (query: string): Promise<unknown[]> =>
          (await listed(`${path}?subject=${label}${query}`, name)).map(({ subject }) => subject);
        expect(await subjects(""), path).toEqual([]);
        expect(await subjects(`&labels=${label}`), path).toEqual([]);
        const other = label === "spam" ? "trash" : "spam";
        expect(await subjects(`&include_${other}=true`), path).toEqual([]);
        expect(await subjects(`&include_${label}=true`), path).toEqual([label]);
        expect(await subjects(`&include_${label}=true&labels=${label}`), path).toEqual([label]);
      }
      expect(await get(at(received(label)))).toMatchObject({ labels: expect.arrayContaining([label]) });
    },
  );
});
