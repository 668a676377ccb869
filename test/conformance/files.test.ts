/** Files of inboxes over the wire, as a client of any language uses them: python/v0_every_method.py has the vendor's. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let inbox: string;
beforeAll(async () => {
  app = await testApp({ ROOKERY_ALLOW_PRIVATE_TARGETS: "0" });
  inbox = (await app.client().inboxes.create({ username: "keeper" })).inboxId;
});
afterAll(async () => app.stop());

const digest = (content: Buffer): string => createHash("sha256").update(content).digest("base64");

interface Upload {
  readonly url: string;
  readonly headers: Record<string, string>;
}

async function create(path: string, content: Buffer) {
  const body = { path, size: content.byteLength, sha256: digest(content), content_type: "text/plain" };
  const answer = await app.request("POST", `/v0/inboxes/${inbox}/files`, { body });
  // Cast: the answer of a create.
  return { ...answer, id: String(answer.body["file_id"]), upload: answer.body["upload"] as Upload };
}

const put = ({ url, headers }: Upload, body: Buffer) => fetch(url, { method: "PUT", headers, body });

async function made(path: string, content: Buffer) {
  const { id, upload } = await create(path, content);
  expect((await put(upload, content)).status).toBe(200);
  const { body } = await app.request("POST", `/v0/inboxes/${inbox}/files/${id}/complete`);
  return String(body["download_url"]);
}

test("a create is 201 and the same once more 200; bytes that differ are 400, and those of a file that is gone 404", async () => {
  const content = Buffer.from("content");
  const first = await create("a.txt", content);
  const again = await create("a.txt", content);
  expect([first.status, again.status, again.id]).toEqual([201, 200, first.id]);
  expect((await put(first.upload, Buffer.from("another"))).status).toBe(400);
  expect((await put({ ...first.upload, url: `${first.upload.url}x` }, content)).status).toBe(403);
  await app.request("DELETE", `/v0/inboxes/${inbox}/files/${first.id}`);
  expect((await put(first.upload, content)).status).toBe(404);
});

test("a download is the bytes, never to be run, framed or named to another site", async () => {
  const content = Buffer.alloc(3_000_001, "<b>");
  const answer = await fetch(await made("page.html", content));
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-disposition": expect.stringMatching(/^attachment/),
    "content-length": "3000001",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "content-security-policy": expect.stringContaining("sandbox"),
    "referrer-policy": "no-referrer",
  });
  expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
});

test("a link of this server is attached by any of its tenants, while other private addresses are not asked", async () => {
  const content = Buffer.from("attached");
  const url = await made("attached.txt", content);
  const other = await app.client().inboxes.create({ username: "sender" });
  const sendWith = (link: string) =>
    app.request("POST", `/v0/inboxes/${other.inboxId}/messages/send`, {
      body: { to: "x@outside.test", text: "x", attachments: [{ url: link }] },
    });
  const sent = await sendWith(url.replace(/^http:..[^/]*/, "https://mail.example.com"));
  const message = await app.client().inboxes.messages.get(other.inboxId, String(sent.body["message_id"]));
  expect(message.attachments).toMatchObject([
    { filename: "attached.txt", size: content.byteLength, contentType: "text/plain" },
  ]);
  for (const wrong of [`${url}x`, `${app.baseUrl}/healthz`])
    expect((await sendWith(wrong)).body).toMatchObject({ code: "message_rejected" });
});
