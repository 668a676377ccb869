import type { IncomingMessage, ServerResponse } from "node:http";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { allMessages } from "../../../../test/support/lists.ts";
import { openSockets, type Sockets } from "../../../../test/support/sockets.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { systemScope } from "../../door/access/index.ts";
import { Failure } from "../../door/failures.ts";
import { openDownload, readLink } from "../../mail/blobs/index.ts";
import { getAttachment, getMessage, listMessages } from "../../mail/messages/index.ts";
import {
  forwardMessage,
  type Outgoing,
  type OutgoingAttachment,
  replyAllToMessage,
  replyToMessage,
  sendMessage,
} from "./index.ts";
import { MAX_ATTACHMENT_URLS } from "./limits.ts";
import type { Sent } from "./store-sent.ts";

let t: TestDoor;
let owner: pg.Client;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
let sockets: Sockets;
let port: number;
/** Paths the file server was asked for. */
let asked: string[];
let answer: (response: ServerResponse, request: IncomingMessage) => unknown;
let inbox: string;

beforeAll(async () => {
  t = await openTestDoor();
  owner = new pg.Client(t.engine.connection);
  await owner.connect();
  arrive = mailInto(t);
  sockets = openSockets();
  port = await sockets.http((request, response) => {
    asked.push(request.url ?? "");
    void answer(response, request);
  });
});
afterAll(async () => {
  await sockets.end();
  await owner.end();
  await t.close();
});

beforeEach(async () => {
  asked = [];
  answer = (response, request) =>
    response.writeHead(200, { "content-type": "text/plain" }).end(`file of ${request.url}`);
  inbox = await makeInbox();
});

const urlOf = (path: string): string => `http://127.0.0.1:${port}${path}`;
const makeInbox = async (): Promise<string> => (await t.seed.inbox()).address;

interface Sending {
  readonly by?: string;
  readonly at?: string;
  /** The message answered or forwarded. */
  readonly about?: string;
  readonly key?: string;
}

type Attachments = readonly OutgoingAttachment[];
const verbs = ["send", "reply", "replyAll", "forward"] as const;
type Verb = (typeof verbs)[number];

/** Runs one of the four sends with these attachments, and what else its input shall say. */
function run(verb: Verb, attachments: Attachments, more: Partial<Outgoing> = {}, sent: Sending = {}) {
  const outgoing = { text: "Hi", attachments, idempotencyKey: sent.key ?? null, ...more };
  const addressed = { to: ["x@outside.test"], ...outgoing };
  const about = { messageId: sent.about ?? "<m@x>" };
  const [by, at] = [sent.by ?? t.rootToken, { inbox: sent.at ?? inbox }];
  if (verb === "send") return t.run(by, sendMessage, at, addressed);
  if (verb === "forward") return t.run(by, forwardMessage, at, { ...addressed, ...about });
  if (verb === "replyAll") return t.run(by, replyAllToMessage, at, { ...outgoing, ...about });
  return t.run(by, replyToMessage, at, { ...outgoing, ...about, replyAll: false });
}
const send = (attachments: Attachments, more: Partial<Outgoing> = {}, sent: Sending = {}) =>
  run("send", attachments, more, sent);

/** The failure that a send ends with; it fails when it was sent. */
async function refusalOf(act: Promise<Sent>): Promise<Failure> {
  const outcome = await act.catch((error: unknown) => error);
  if (outcome instanceof Failure) return outcome;
  throw new Error("was not refused", { cause: outcome });
}
const codeOf = async (act: Promise<Sent>): Promise<string> => (await refusalOf(act)).code;

/** Name, type, disposition and bytes of the attachments of the message that was sent. */
async function attached({ messageId }: Sent): Promise<unknown[]> {
  const { attachments } = await t.run(t.rootToken, getMessage, { inbox }, { messageId });
  return Promise.all(
    attachments.map(async ({ id, filename, contentType, contentDisposition }) => {
      const named = { messageId, attachmentId: id };
      const { download } = await t.run(t.rootToken, getAttachment, { inbox }, named);
      const link = readLink({ sealer: t.sealer, clock: systemClock }, download.token);
      const file = await openDownload(t, link);
      return [filename, contentType, contentDisposition, (await file.read()).toString()];
    }),
  );
}

/** How many messages the inbox has, and how many rows of anything that a send leaves behind. */
async function stored(): Promise<Record<string, unknown>> {
  const { items } = await t.run(t.rootToken, listMessages, { inbox }, allMessages);
  const rows = await t.behind((tx) =>
    sql`select (select count(*)::integer from idempotency_keys) as keys,
      (select count(*)::integer from outbound_deliveries as o join inboxes as i on i.pod_id = o.pod_id and i.id = o.inbox_id
        where i.address = ${inbox}) as copies,
      (select count(*)::integer from blobs) as blobs,
      (select count(*)::integer from events where type = 'message.sent') as events,
      (select count(*)::integer from audit where operation = 'message.send') as audits`.execute(
      tx.within(systemScope),
    ),
  );
  return { messages: items.length, ...(rows.rows[0] ?? {}) };
}

describe("an attachment given by URL", () => {
  it.each(verbs)("is in the message of a %s, byte for byte", async (verb) => {
    await arrive(inbox, { id: "<m@x>", file: { name: "old.txt", type: "text/plain", content: "old" } });
    const sent = await run(verb, [
      { url: urlOf("/a%20b.txt?sig=1") },
      { content: Buffer.from("inline").toString("base64"), filename: "here.txt" },
      {
        url: urlOf("/c"),
        filename: "named.bin",
        contentType: "application/x-own",
        contentDisposition: "inline",
        contentId: "pic",
      },
    ]);
    expect(await attached(sent)).toEqual([
      ["a b.txt", "text/plain", "attachment", "file of /a%20b.txt?sig=1"],
      ["here.txt", null, "attachment", "inline"],
      ["named.bin", "application/x-own", "inline", "file of /c"],
      ...(verb === "forward" ? [["old.txt", "text/plain", "attachment", "old"]] : []),
    ]);
    expect(asked).toEqual(["/a%20b.txt?sig=1", "/c"]);
  });

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
    expect(await stored()).toMatchObject({ messages: 0, copies: 0 });
    for (const response of held) response.end("x");
    expect(new Set((await Promise.all(sends)).map(({ messageId }) => messageId)).size).toBe(6);
    expect(await stored()).toMatchObject({ messages: 6, copies: 6 });
  });

  it("is fetched once for an Idempotency-Key that has its answer", async () => {
    const one = () => send([{ url: urlOf("/once") }], {}, { key: "once" });
    const first = await one();
    expect(await one()).toEqual(first);
    expect(asked).toEqual(["/once"]);
    const other = send([{ url: urlOf("/other") }], {}, { key: "once" });
    expect(await codeOf(other)).toBe("idempotency.conflict");
    expect(asked).toEqual(["/once"]);
  });

  it("makes one message of twins under one Idempotency-Key", async () => {
    const one = () => send([{ url: urlOf("/twin") }], {}, { key: "twins" });
    const [first, second] = await Promise.all([one(), one()]);
    expect(second).toEqual(first);
    expect(await stored()).toMatchObject({ messages: 1 });
  });
});

describe("nothing is fetched for", () => {
  const file = (): Attachments => [{ url: urlOf("/secret") }];
  afterEach(() => expect(asked).toEqual([]));

  it.each(verbs)("a %s whose key may not send, or not from there", async (verb) => {
    await arrive(inbox, { id: "<m@x>" });
    const { token: reader } = await t.seed.key({ inbox }, "message_read");
    expect(await codeOf(run(verb, file(), {}, { by: reader }))).toBe("permission.missing");
    const { token: neighbour } = await t.seed.key({ inbox: await makeInbox() });
    expect(await codeOf(run(verb, file(), {}, { by: neighbour }))).toBe("inbox.not_found");
    const { token: tenant } = await t.seed.key({ pod: await t.seed.pod() });
    expect(await codeOf(run(verb, file(), {}, { by: tenant }))).toBe("inbox.not_found");
    const nowhere = { at: "nobody@rookery.localhost" };
    expect(await codeOf(run(verb, file(), {}, nowhere))).toBe("inbox.not_found");
  });

  it.each(["reply", "replyAll", "forward"] as const)(
    "a %s to a message that its inbox does not hold",
    async (verb) => {
      const other = await makeInbox();
      await arrive(other, { id: "<theirs@x>" });
      expect(await codeOf(run(verb, file(), {}, { about: "<theirs@x>" }))).toBe("object.not_found");
    },
  );

  it.each([
    ["without recipients", { to: [] }, []],
    ["with an address that is none", { to: ["nobody"] }, ["to", 0]],
    ["with a system label", { labels: ["sent"] }, ["labels", 0]],
    ["with a forged header", { headers: { From: "x@y.test" } }, ["headers", { key: "From" }]],
    ["with a subject of two lines", { subject: "a\r\nb" }, ["subject"]],
  ])("a send %s", async (_what, more, path) => {
    expect(await refusalOf(send(file(), more))).toMatchObject({ code: "input.invalid", details: { path } });
  });

  it("a send whose other attachments are wrong, or that has too many URLs", async () => {
    const url = urlOf("/secret");
    for (const wrong of [
      { content: "***" },
      { url, content: "YQ==" },
      {},
      { url, filename: "a\nb" },
      { url, contentType: "none" },
    ])
      expect(await codeOf(send([{ url }, wrong]))).toBe("input.invalid");
    expect(await refusalOf(send(Array(MAX_ATTACHMENT_URLS + 1).fill({ url })))).toMatchObject({
      code: "input.invalid",
      message: `A message may have ${MAX_ATTACHMENT_URLS} attachments by URL at most`,
      details: { path: ["attachments"] },
    });
  });
});

describe("a URL that gives no file", () => {
  /** The message's cap in this door is a mebibyte, of which three quarters can be files. */
  const room = (1024 * 1024 * 3) / 4;
  const refusal = (index: number, why: string) => ({
    code: "message.rejected",
    message: `Message rejected: attachments.${index}.url could not be fetched: ${why}`,
    details: { path: ["attachments", index, "url"] },
  });

  it("is named with what happened, and nothing is stored", async () => {
    const before = await stored();
    answer = (response, request) => response.writeHead(request.url === "/gone" ? 404 : 200).end("x");
    const inline = { content: "YQ==", filename: "a" };
    expect(
      await refusalOf(
        send([{ url: urlOf("/fine") }, inline, { url: urlOf("/gone") }], {}, { key: "failing" }),
      ),
    ).toMatchObject(refusal(2, "it was answered with status 404"));
    expect(await stored()).toEqual(before);
    // The key is not used up either: the same request goes through once the server is well.
    answer = (response) => response.end("x");
    const again = [{ url: urlOf("/fine") }, inline, { url: urlOf("/gone") }];
    expect(await send(again, {}, { key: "failing" })).toHaveProperty("messageId");
  });

  it("is one that redirects without end, or to what is no web server", async () => {
    answer = (response) => response.writeHead(302, { location: "/again" }).end();
    expect(await refusalOf(send([{ url: urlOf("/") }]))).toMatchObject(
      refusal(0, "it redirects more than 3 times"),
    );
    expect(asked).toHaveLength(4);
    expect(await refusalOf(send([{ url: "file:///etc/passwd" }]))).toMatchObject(
      refusal(0, "the URL must begin with https:// or http://"),
    );
  });

  it("is one whose file does not fit the message beside its other attachments", async () => {
    const tooLarge = (index: number, bytes: number) =>
      refusal(index, `it is larger than the ${bytes} bytes that are left for the message`);
    answer = (response) => response.end(Buffer.alloc(room + 1));
    expect(await refusalOf(send([{ url: urlOf("/large") }]))).toMatchObject(tooLarge(0, room));
    answer = (response) => response.end(Buffer.alloc(1000));
    const content = Buffer.alloc(room - 999).toString("base64");
    expect(await refusalOf(send([{ content }, { url: urlOf("/large") }]))).toMatchObject(tooLarge(1, 999));
    await arrive(inbox, {
      id: "<m@x>",
      file: { name: "old.bin", type: "application/octet-stream", content: "x".repeat(room - 500) },
    });
    expect(await refusalOf(run("forward", [{ url: urlOf("/large") }]))).toMatchObject(tooLarge(0, 500));
  });

  it("is refused for now when the tenant has its share of the slots already", async () => {
    const held: ServerResponse[] = [];
    let full = (): void => undefined;
    const all = new Promise<void>((resolve) => (full = resolve));
    answer = (response) => {
      if (held.push(response) === 16) full();
    };
    const share = Array.from({ length: 16 }, () => send([{ url: urlOf("/slow") }]));
    await all;
    expect(await refusalOf(send([{ url: urlOf("/late") }]))).toMatchObject({
      code: "service.unavailable",
    });
    expect(await send([{ content: "YQ==" }])).toHaveProperty("messageId");
    for (const response of held) response.end("x");
    expect(new Set((await Promise.all(share)).map(({ messageId }) => messageId)).size).toBe(16);
  });
});
