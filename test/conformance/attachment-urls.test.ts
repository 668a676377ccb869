/** The official `agentmail` client against a whole server: attachments given by URL. */
import type { AgentMail } from "agentmail";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { failure } from "../support/failure.ts";
import { openSockets, type Sockets } from "../support/sockets.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let open: TestApp;
/** As an operator runs it: public targets only. */
let guarded: TestApp;
let sockets: Sockets;
let origin: string;
/** Paths the file server was asked for. */
let asked: string[];

beforeAll(async () => {
  [open, guarded] = await Promise.all([testApp(), testApp({ ROOKERY_ALLOW_PRIVATE_TARGETS: "0" })]);
});
afterAll(async () => {
  await Promise.all([open.stop(), guarded.stop()]);
});
beforeEach(async () => {
  [sockets, asked] = [openSockets(), []];
  const port = await sockets.http(({ url = "" }, response) => {
    asked.push(url);
    if (url === "/gone") response.writeHead(410).end();
    else if (url === "/short") response.writeHead(302, { location: "/files/r%C3%A9sum%C3%A9.pdf" }).end();
    else
      response.writeHead(200, { "content-type": "application/pdf" }).end(Buffer.from([0, 255, 10, 13, 128]));
  });
  origin = `http://127.0.0.1:${port}`;
});
afterEach(() => sockets.end());

/** The four ways to send with these attachments, each for whenever it is called. */
async function inFourWays(
  app: TestApp,
  attachments: AgentMail.SendAttachment[],
): Promise<(() => Promise<AgentMail.SendMessageResponse>)[]> {
  const { messages, inboxId } = await inboxOf(app);
  const first = await messages.send(inboxId, { to: "human@outside.test", subject: "First" });
  const to = "human@outside.test";
  return [
    () => messages.send(inboxId, { to, attachments }),
    () => messages.reply(inboxId, first.messageId, { attachments }),
    () => messages.replyAll(inboxId, first.messageId, { attachments }),
    () => messages.forward(inboxId, first.messageId, { to, attachments }),
  ];
}
async function inboxOf(app: TestApp) {
  const { inboxId } = await app.client().inboxes.create({});
  return { inboxId, messages: app.client().inboxes.messages };
}

test("send, reply, reply-all and forward attach the file at a URL, behind a redirect, under its own name", async () => {
  const { messages } = open.client().inboxes;
  for (const act of await inFourWays(open, [{ url: `${origin}/short` }])) {
    const { messageId, threadId } = await act();
    const { inboxId } = await open.client().threads.get(threadId);
    const message = await messages.get(inboxId, messageId);
    expect(message.attachments).toMatchObject([
      { filename: "résumé.pdf", contentType: "application/pdf", contentDisposition: "attachment", size: 5 },
    ]);
    const attachmentId = message.attachments?.[0]?.attachmentId ?? "";
    const { downloadUrl } = await messages.getAttachment(inboxId, messageId, attachmentId);
    expect(Buffer.from(await (await fetch(downloadUrl)).arrayBuffer())).toEqual(
      Buffer.from([0, 255, 10, 13, 128]),
    );
  }
  expect(asked).toEqual(Array(4).fill(["/short", "/files/r%C3%A9sum%C3%A9.pdf"]).flat());
});

test("a URL that gives no file is named in the answer, and no message is stored", async () => {
  const { messages, inboxId } = await inboxOf(open);
  const attachments = [{ url: `${origin}/fine` }, { url: `${origin}/gone` }];
  expect(await failure(messages.send(inboxId, { to: "x@outside.test", attachments }))).toEqual({
    status: 403,
    body: {
      name: "MessageRejectedError",
      code: "message_rejected",
      message: "Message rejected: attachments.1.url could not be fetched: it was answered with status 410",
      fix: expect.stringContaining("https://"),
      docs: expect.any(String),
    },
  });
  expect((await messages.list(inboxId)).count).toBe(0);
});

test.each([
  ["plain http", () => `${origin}/secret`, "the URL must begin with https://"],
  [
    "a loopback address",
    () => `${origin.replace("http:", "https:")}/secret`,
    "the address is private or reserved",
  ],
  [
    "a cloud's metadata",
    () => "https://169.254.169.254/latest/meta-data",
    "the address is private or reserved",
  ],
  ["a private name", () => "https://localhost/secret", "the host is not reachable from the public internet"],
])("%s is not called where only public targets are", async (_what, url, why) => {
  for (const act of await inFourWays(guarded, [{ url: url() }]))
    expect(await failure(act())).toMatchObject({
      status: 403,
      body: {
        message: `Message rejected: attachments.0.url could not be fetched: ${why}`,
        fix: expect.stringContaining("ROOKERY_ALLOW_PRIVATE_TARGETS=1"),
      },
    });
  expect(asked).toEqual([]);
});

test("the setting that would allow it is named for a webhook too, and only where it would", async () => {
  const fixOf = async (url: string): Promise<unknown> => {
    const { body } = await failure(
      guarded.client().webhooks.create({ url, eventTypes: ["message.received"] }),
    );
    return (body as { fix?: unknown }).fix;
  };
  for (const url of ["http://127.0.0.1:3000/in", "https://localhost:3000/in", "http://hooks.example.com/in"])
    expect(await fixOf(url)).toContain("ROOKERY_ALLOW_PRIVATE_TARGETS=1");
  for (const url of ["http://127.0.0.1:25/in", "https://hooks.example.com:25/in", "ftp://127.0.0.1/in"])
    expect(await fixOf(url)).not.toContain("ROOKERY");
});

test("neither an unknown key nor another tenant's makes the server fetch anything", async () => {
  const victim = await inboxOf(open);
  const pod = await open.client().pods.create({});
  const { apiKey } = await open.client().pods.apiKeys.create(pod.podId, {});
  const mail = { to: "x@outside.test", attachments: [{ url: `${origin}/secret` }] };
  for (const [key, status] of [
    ["am_us_unknown", 403],
    [apiKey, 404],
  ] as const) {
    const { messages } = open.client(key).inboxes;
    expect((await failure(messages.send(victim.inboxId, mail))).status).toBe(status);
    expect((await failure(messages.forward(victim.inboxId, "<any@x>", mail))).status).toBe(status);
  }
  expect(asked).toEqual([]);
});
