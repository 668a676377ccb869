import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Hono } from "hono";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { type Answer, openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { mountFiles } from "../../../transport/http/files.ts";
import { v0 } from "../../../transport/http/v0/index.ts";
import { systemScope } from "../../door/access/index.ts";
import { MAX_ATTACHMENT_URLS } from "../../limits.ts";

let t: TestDoor;
let owner: pg.Client;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
let server: Server;
/** Paths the file server was asked for. */
let asked: string[];
let answer: (response: ServerResponse, request: IncomingMessage) => unknown;
let inbox: string;

beforeAll(async () => {
  t = await openTestDoor();
  owner = new pg.Client(t.engine.connection);
  await owner.connect();
  arrive = mailInto(t);
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    void answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await owner.end();
  await t.close();
});

beforeEach(async () => {
  asked = [];
  answer = (response, request) =>
    response.writeHead(200, { "content-type": "text/plain" }).end(`file of ${request.url}`);
  inbox = await makeInbox();
});
afterEach(() => owner.query("delete from graphile_worker._private_jobs"));

const urlOf = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
const makeInbox = async (): Promise<string> =>
  String((await t.call(t.rootToken, "inboxes.create")).body["inbox_id"]);

interface Sent {
  readonly token?: string;
  readonly at?: string;
  /** The message answered or forwarded. */
  readonly to?: string;
  readonly key?: string;
}

/** Calls one of the four sends with these attachments. */
function call(verb: string, attachments: unknown, more: object = {}, sent: Sent = {}): Promise<Answer> {
  const recipients = /^reply/.test(verb) ? {} : { to: "x@outside.test" };
  return t.call(sent.token ?? t.rootToken, `inboxes.messages.${verb}`, {
    params: { inbox_id: sent.at ?? inbox, message_id: sent.to ?? "<m@x>" },
    body: { text: "Hi", ...recipients, attachments, ...more },
    ...(sent.key !== undefined && { headers: { "idempotency-key": sent.key } }),
  });
}
const send = (attachments: unknown, more: object = {}, sent: Sent = {}) =>
  call("send", attachments, more, sent);

/** Name, type, disposition and bytes of the attachments of the message that was sent. */
async function attached(sent: Answer): Promise<unknown[]> {
  expect(sent.status, sent.text).toBe(200);
  const params = { inbox_id: inbox, message_id: String(sent.body["message_id"]) };
  const message = await t.call(t.rootToken, "inboxes.messages.get", { params });
  const files = new Hono();
  mountFiles(files, v0, { door: t.door, database: t.database, sealer: t.sealer, clock: systemClock });
  // Cast: the shape that the route declares.
  const list = (message.body["attachments"] ?? []) as Record<string, unknown>[];
  return Promise.all(
    list.map(async ({ attachment_id, filename, content_type, content_disposition }) => {
      const file = await t.call(t.rootToken, "inboxes.messages.getAttachment", {
        params: { ...params, attachment_id: String(attachment_id) },
      });
      const token = String(file.body["download_url"]).split("/v0/files/")[1];
      const bytes = await (await files.request(`/v0/files/${token}`)).text();
      return [filename, content_type, content_disposition, bytes];
    }),
  );
}

/** How many messages the inbox has, and how many rows of anything that a send leaves behind. */
async function stored(): Promise<Record<string, unknown>> {
  const { body } = await t.call(t.rootToken, "inboxes.messages.list", { params: { inbox_id: inbox } });
  const { rows: jobs } = await owner.query("select count(*)::integer from graphile_worker._private_jobs");
  const rows = await t.behind((tx) =>
    sql`select (select count(*)::integer from idempotency_keys) as keys,
      (select count(*)::integer from blobs) as blobs,
      (select count(*)::integer from events where type = 'message.sent') as events,
      (select count(*)::integer from audit where operation = 'message.send') as audits`.execute(
      tx.within(systemScope),
    ),
  );
  return { messages: body["count"], jobs: jobs[0]?.count, ...(rows.rows[0] ?? {}) };
}

describe("an attachment given by URL", () => {
  it.each(["send", "reply", "replyAll", "forward"])(
    "is in the message of a %s, byte for byte",
    async (verb) => {
      await arrive(inbox, { id: "<m@x>", file: { name: "old.txt", type: "text/plain", content: "old" } });
      const sent = await call(verb, [
        { url: urlOf("/a%20b.txt?sig=1") },
        { content: Buffer.from("inline").toString("base64"), filename: "here.txt" },
        {
          url: urlOf("/c"),
          filename: "named.bin",
          content_type: "application/x-own",
          content_disposition: "inline",
          content_id: "pic",
        },
      ]);
      expect(await attached(sent)).toEqual([
        ["a b.txt", "text/plain", "attachment", "file of /a%20b.txt?sig=1"],
        ["here.txt", undefined, "attachment", "inline"],
        ["named.bin", "application/x-own", "inline", "file of /c"],
        ...(verb === "forward" ? [["old.txt", "text/plain", "attachment", "old"]] : []),
      ]);
      expect(asked).toEqual(["/a%20b.txt?sig=1", "/c"]);
    },
  );

  it("is fetched while no connection to the database is held", async () => {
    const held: ServerResponse[] = [];
    let full = (): void => undefined;
    const all = new Promise<void>((resolve) => (full = resolve));
    // More sends than the pool has connections.
    answer = (response) => {
      if (held.push(response) === 6) full();
    };
    const sends = Array.from({ length: 6 }, () => send([{ url: urlOf("/slow") }]));
    await all;
    const { rows } = await owner.query(
      "select state from pg_stat_activity where datname = current_database() and application_name = 'rookery_app' and state <> 'idle'",
    );
    expect(rows).toEqual([]);
    expect(await stored()).toMatchObject({ messages: 0, jobs: 0 });
    for (const response of held) response.end("x");
    expect((await Promise.all(sends)).map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(await stored()).toMatchObject({ messages: 6, jobs: 6 });
  });

  it("is fetched once for an Idempotency-Key that has its answer", async () => {
    const one = () => send([{ url: urlOf("/once") }], {}, { key: "once" });
    const first = await one();
    expect(await one()).toEqual(first);
    expect(asked).toEqual(["/once"]);
    const other = await send([{ url: urlOf("/other") }], {}, { key: "once" });
    expect([other.status, asked]).toEqual([409, ["/once"]]);
  });

  it("makes one message of twins under one Idempotency-Key", async () => {
    const one = () => send([{ url: urlOf("/twin") }], {}, { key: "twins" });
    const [first, second] = await Promise.all([one(), one()]);
    expect(first?.status, first?.text).toBe(200);
    expect(second).toEqual(first);
    expect(await stored()).toMatchObject({ messages: 1 });
  });
});

describe("nothing is fetched for", () => {
  const file = (): unknown => [{ url: urlOf("/secret") }];
  async function keyOf(at: string, permissions?: object): Promise<string> {
    const made = await t.call(t.rootToken, "inboxes.apiKeys.create", {
      params: { inbox_id: at },
      body: permissions === undefined ? {} : { permissions },
    });
    return String(made.body["api_key"]);
  }
  afterEach(() => expect(asked).toEqual([]));

  it.each(["send", "reply", "replyAll", "forward"])(
    "a %s whose key may not send, or not from there",
    async (verb) => {
      await arrive(inbox, { id: "<m@x>" });
      const reader = await keyOf(inbox, { message_read: true });
      expect((await call(verb, file(), {}, { token: reader })).status).toBe(403);
      const stranger = await keyOf(await makeInbox());
      expect((await call(verb, file(), {}, { token: stranger })).status).toBe(404);
      const pod = await t.call(t.rootToken, "pods.create");
      const tenant = await t.call(t.rootToken, "pods.apiKeys.create", {
        params: { pod_id: String(pod.body["pod_id"]) },
      });
      expect((await call(verb, file(), {}, { token: String(tenant.body["api_key"]) })).status).toBe(404);
      expect((await call(verb, file(), {}, { at: "nobody@rookery.localhost" })).status).toBe(404);
    },
  );

  it.each(["reply", "replyAll", "forward"])(
    "a %s to a message that its inbox does not hold",
    async (verb) => {
      const other = await makeInbox();
      await arrive(other, { id: "<theirs@x>" });
      expect((await call(verb, file(), {}, { to: "<theirs@x>" })).status).toBe(404);
    },
  );

  it.each([
    ["without recipients", { to: [] }],
    ["with an address that is none", { to: "nobody" }],
    ["with a system label", { labels: ["sent"] }],
    ["with a forged header", { headers: { From: "x@y.test" } }],
    ["with a subject of two lines", { subject: "a\r\nb" }],
  ])("a send %s", async (_what, more) => {
    expect((await send(file(), more)).status).toBe(400);
  });

  it("a send whose other attachments are wrong, or that has too many URLs", async () => {
    const url = urlOf("/secret");
    for (const wrong of [
      { content: "***" },
      { url, content: "YQ==" },
      {},
      { url, filename: "a\nb" },
      { url, content_type: "none" },
    ])
      expect((await send([{ url }, wrong])).status).toBe(400);
    const answered = await send(Array(MAX_ATTACHMENT_URLS + 1).fill({ url }));
    expect(answered.body["errors"]).toEqual([
      {
        code: "custom",
        path: ["attachments"],
        message: `A message may have ${MAX_ATTACHMENT_URLS} attachments by URL at most`,
      },
    ]);
  });
});

describe("a URL that gives no file", () => {
  /** The message's cap in this door is a mebibyte, of which three quarters can be files. */
  const room = (1024 * 1024 * 3) / 4;
  const refusal = (index: number, why: string) => ({
    status: 403,
    body: {
      name: "MessageRejectedError",
      code: "message_rejected",
      message: `Message rejected: attachments.${index}.url could not be fetched: ${why}`,
    },
  });

  it("is named with what happened, and nothing is stored", async () => {
    const before = await stored();
    answer = (response, request) => response.writeHead(request.url === "/gone" ? 404 : 200).end("x");
    const inline = { content: "YQ==", filename: "a" };
    expect(
      await send([{ url: urlOf("/fine") }, inline, { url: urlOf("/gone") }], {}, { key: "failing" }),
    ).toMatchObject(refusal(2, "it was answered with status 404"));
    expect(await stored()).toEqual(before);
    // The key is not used up either: the same request goes through once the server is well.
    answer = (response) => response.end("x");
    const again = [{ url: urlOf("/fine") }, inline, { url: urlOf("/gone") }];
    expect((await send(again, {}, { key: "failing" })).status).toBe(200);
  });

  it("is one that redirects without end, or to what is no web server", async () => {
    answer = (response) => response.writeHead(302, { location: "/again" }).end();
    expect(await send([{ url: urlOf("/") }])).toMatchObject(refusal(0, "it redirects more than 3 times"));
    expect(asked).toHaveLength(4);
    expect(await send([{ url: "file:///etc/passwd" }])).toMatchObject(
      refusal(0, "the URL must begin with https:// or http://"),
    );
  });

  it("is one whose file is larger than the message has room for beside its other attachments", async () => {
    const tooLarge = (index: number, bytes: number) =>
      refusal(index, `it is larger than the ${bytes} bytes that the message has room for`);
    answer = (response) => response.end(Buffer.alloc(room + 1));
    expect(await send([{ url: urlOf("/large") }])).toMatchObject(tooLarge(0, room));
    answer = (response) => response.end(Buffer.alloc(1000));
    const content = Buffer.alloc(room - 999).toString("base64");
    expect(await send([{ content }, { url: urlOf("/large") }])).toMatchObject(tooLarge(1, 999));
    await arrive(inbox, {
      id: "<m@x>",
      file: { name: "old.bin", type: "application/octet-stream", content: "x".repeat(room - 500) },
    });
    expect(await call("forward", [{ url: urlOf("/large") }])).toMatchObject(tooLarge(0, 500));
  });

  it("is refused with 503 when the tenant has its share of the slots already", async () => {
    const held: ServerResponse[] = [];
    let full = (): void => undefined;
    const all = new Promise<void>((resolve) => (full = resolve));
    answer = (response) => {
      if (held.push(response) === 16) full();
    };
    const share = Array.from({ length: 16 }, () => send([{ url: urlOf("/slow") }]));
    await all;
    expect(await send([{ url: urlOf("/late") }])).toMatchObject({
      status: 503,
      body: { code: "service_unavailable" },
    });
    expect((await send([{ content: "YQ==" }])).status).toBe(200);
    for (const response of held) response.end("x");
    expect((await Promise.all(share)).map(({ status }) => status)).toEqual(Array(16).fill(200));
  });
});
