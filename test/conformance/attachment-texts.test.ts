/** Attachments as text over a whole server: `text_url`, which the newest clients know and the others pass over. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let inbox: string;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
  inbox = (await app.client().inboxes.create({ username: "texts" })).inboxId;
});
afterAll(() => app.stop());

const files = {
  "table.csv": ["text/csv", "a,b\n1,2\n"],
  "page.html": ["text/html", "<style>p{}</style><p>Hello <b>there</b></p><script>x()</script>"],
  "data.bin": ["application/octet-stream", "\0\x01\x02"],
} as const;

/** The answer for each file of one message, by its name, at the message or at its thread. */
async function answers(at: "messages" | "threads"): Promise<ReadonlyMap<string, Record<string, unknown>>> {
  const client = app.client();
  const sent = await client.inboxes.messages.send(inbox, {
    to: ["human@outside.test"],
    attachments: Object.entries(files).map(([filename, [contentType, content]]) => ({
      ...{ filename, contentType },
      content: Buffer.from(content).toString("base64"),
    })),
  });
  const { attachments = [] } = await client.inboxes.messages.get(inbox, sent.messageId);
  const base = `/v0/inboxes/${inbox}/${at}/${encodeURIComponent(at === "messages" ? sent.messageId : sent.threadId)}`;
  const found = new Map<string, Record<string, unknown>>();
  for (const { attachmentId, filename } of attachments)
    found.set(filename ?? "", (await app.request("GET", `${base}/attachments/${attachmentId}`)).body);
  return found;
}

const read = async (url: unknown) => {
  const response = await fetch(String(url));
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
};

test.each(["messages", "threads"] as const)(
  "of a message and of its thread it is there for what has a text, opens without a key, and expires with download_url (%s)",
  async (at) => {
    const found = await answers(at);
    const table = found.get("table.csv");
    expect(await read(table?.["text_url"])).toEqual({
      ...{ status: 200, text: "a,b\n1,2\n" },
      type: expect.stringContaining("text/plain"),
    });
    const page = (await read(found.get("page.html")?.["text_url"])).text;
    expect(page).toContain("Hello there");
    expect(page).not.toMatch(/x\(\)|p\{\}/);
    expect(found.get("data.bin")).not.toHaveProperty("text_url");
    expect(found.get("data.bin")).toHaveProperty("download_url");
    const forged = String(table?.["text_url"]).replace(/.{4}$/, "AAAA");
    expect((await read(forged)).status).toBe(403);
  },
);

test("the official client of before reads the same answer, without it", async () => {
  const client = app.client();
  const { messageId } = await client.inboxes.messages.send(inbox, {
    to: ["human@outside.test"],
    attachments: [{ filename: "a.txt", content: Buffer.from("A text.").toString("base64") }],
  });
  const { attachments = [] } = await client.inboxes.messages.get(inbox, messageId);
  const file = await client.inboxes.messages.getAttachment(
    inbox,
    messageId,
    attachments[0]?.attachmentId ?? "",
  );
  expect(file).toMatchObject({
    filename: "a.txt",
    downloadUrl: expect.any(String),
    expiresAt: expect.any(Date),
  });
});
