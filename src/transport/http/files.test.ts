/** How the bytes behind a link are served; which links are good is in domain/mail/blobs/download.test.ts. */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { keptFile } from "../../../test/support/kept-file.ts";
import { openLoopTurns } from "../../../test/support/loop-turns.ts";
import { openTestDoor, type TestDoor } from "../../../test/support/test-door.ts";
import { readLink } from "../../domain/mail/blobs/index.ts";
import { completeFile, createFile } from "../../domain/mail/files/index.ts";
import { FILE_PIECE_BYTES } from "../../domain/mail/files/limits.ts";
import { getAttachment, getMessage } from "../../domain/mail/messages/index.ts";
import { getInbox } from "../../domain/tenancy/inboxes/index.ts";
import { type OutgoingAttachment, sendMessage } from "../../domain/transit/sends/index.ts";
import { systemClock } from "../../lib/clock.ts";
import { createHeapBudget } from "../../lib/heap-budget.ts";
import { createBodyBudget } from "./body-budget.ts";
import { mountFiles } from "./files.ts";
import {
  LARGE_DOWNLOADS_READ,
  MAX_BODY_BYTES_HELD,
  MAX_DOWNLOAD_BYTES_HELD,
  SMALL_ANSWER_BYTES,
} from "./limits.ts";
import { createUnreadAnswers } from "./unread-answers.ts";
import { v0 } from "./v0/index.ts";

let t: TestDoor;
let inbox: string;
beforeAll(async () => {
  t = await openTestDoor();
  inbox = (await t.seed.inbox()).address;
});
afterAll(() => t.close());

const heap = createHeapBudget(MAX_BODY_BYTES_HELD);
const bodies = createBodyBudget({
  heap,
  bodyBytes: MAX_BODY_BYTES_HELD,
});

const appOf = ({
  unread = createUnreadAnswers(MAX_DOWNLOAD_BYTES_HELD, heap),
  turns = openLoopTurns(),
} = {}) => {
  const app = new Hono();
  const { door, database, sealer } = t;
  const { newId } = t.parts.lent;
  mountFiles(app, { door, database, sealer, clock: systemClock, newId, dialect: v0, turns, bodies, unread });
  return app;
};
const open = (token: string, parts: Parameters<typeof appOf>[0] = {}) =>
  appOf(parts).request(`/v0/files/${token}`);

/** Token of a link to a file that was sent. */
async function link(attachment: OutgoingAttachment): Promise<string> {
  const mail = { to: ["human@outside.test"], attachments: [attachment], idempotencyKey: null };
  const { messageId } = await t.run(t.rootToken, sendMessage, { inbox }, mail);
  const { attachments } = await t.run(t.rootToken, getMessage, { inbox }, { messageId });
  const named = { messageId, attachmentId: attachments[0]?.id ?? "" };
  return (await t.run(t.rootToken, getAttachment, { inbox }, named)).download.token;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

it("gives the bytes without a key, never to be run or shown as a page", async () => {
  const content = base64("<script>1</script>");
  const answer = await open(await link({ filename: 'é "x".html', contentType: "text/html", content }));
  expect({ status: answer.status, text: await answer.text() }).toEqual({
    status: 200,
    text: "<script>1</script>",
  });
  expect(answer.headers.get("content-disposition")).toBe(
    `attachment; filename="_ _x_.html"; filename*=UTF-8''%C3%A9%20%22x%22.html`,
  );
  expect(answer.headers.get("content-length")).toBe("18");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("content-security-policy")).toContain("sandbox");
});

it.each([
  ["Invoice 11/2026.pdf", 'attachment; filename="Invoice 11_2026.pdf"'],
  ["..\\..\\x.bat", "attachment; filename=.._.._x.bat"],
  ["é/ü.txt", "attachment; filename=___.txt; filename*=UTF-8''%C3%A9_%C3%BC.txt"],
])("%s keeps its whole name, and leads into no folder", async (filename, served) => {
  const answer = await open(await link({ filename, content: base64("a") }));
  expect(answer.headers.get("content-disposition")).toBe(served);
});

it.each([
  ["text/csv; charset=utf-8", "text/csv; charset=utf-8"],
  ["text/csv; name=é", "application/octet-stream"],
])("of a file sent as %s the media type is %s", async (contentType, served) => {
  const answer = await open(await link({ content: base64("a"), contentType }));
  expect(answer.headers.get("content-type")).toBe(served);
});

it("a link that is no good is 403 and tells nothing", async () => {
  const token = await link({ content: base64("hush") });
  const said = await Promise.all(
    [`${token}0`, token.split(".")[0] ?? "", "%00.%ff"].map(async (bad) => {
      const answer = await open(bad);
      return [answer.status, await answer.text()];
    }),
  );
  expect(new Set(said.map((entry) => JSON.stringify(entry))).size).toBe(1);
  expect(said[0]?.[0]).toBe(403);
  expect(said[0]?.[1]).not.toContain("hush");
});

it("a large file waits while as many of its tenant's as may be are read from the database, and a small one does not", async () => {
  const unread = createUnreadAnswers(MAX_DOWNLOAD_BYTES_HELD, heap);
  const large = await link({ content: base64("a".repeat(SMALL_ANSWER_BYTES + 1)) });
  const small = await link({ content: base64("a") });
  const pod = readLink({ sealer: t.sealer, clock: systemClock }, large).podId;
  for (let read = 0; read < LARGE_DOWNLOADS_READ / 2; read++) await unread.reading.acquire(pod);
  const waiting = open(large, { unread });
  await eventually("it waits", async () => unread.reading.waiting() === 1);
  expect((await open(small, { unread })).status).toBe(200);
  unread.reading.release(pod);
  expect((await (await waiting).text()).length).toBe(SMALL_ANSWER_BYTES + 1);
});

it("what a download takes of the event loop counts as its pod's", async () => {
  const token = await link({ content: base64("a") });
  const { podId } = readLink({ sealer: t.sealer, clock: systemClock }, token);
  const [seen, others] = await Promise.all(
    ["another", podId].map(async (tenant) => {
      const turns = openLoopTurns();
      await open(token, { turns });
      return turns.hasOthers(tenant);
    }),
  );
  expect({ seen, others }).toEqual({ seen: true, others: false });
});

it("what an upload takes of the event loop counts as its pod's, and so does each piece of its download", async () => {
  const pod = (await t.run(t.rootToken, getInbox, { inbox }, {})).podId;
  const content = Buffer.alloc(2 * FILE_PIECE_BYTES, "a");
  const sha256 = createHash("sha256").update(content).digest("base64");
  const file = await t.run(
    t.rootToken,
    createFile,
    { inbox },
    { path: "a.bin", size: content.byteLength, sha256 },
  );
  const took: string[] = [];
  const open = openLoopTurns();
  const turns: typeof open = {
    ...open,
    during: (tenant, work) => {
      took.push(tenant);
      return open.during(tenant, work);
    },
  };
  const app = appOf({ turns });
  const put = { method: "PUT", headers: { "content-type": "application/octet-stream" }, body: content };
  expect((await app.request(`/v0/files/${file.upload?.token}`, put)).status).toBe(200);
  expect(took).toEqual([pod, pod]);
  const { download } = await t.run(t.rootToken, completeFile, { inbox }, { fileId: file.id });
  const read = await app.request(`/v0/files/${download?.token}`);
  expect(Buffer.from(await read.arrayBuffer()).equals(content)).toBe(true);
  expect(took).toEqual([pod, pod, pod, pod, pod]);
});

/** A file of an inbox, as it is served. @param headers of the request */
async function served(content: Buffer, headers: Record<string, string>, method = "GET") {
  const file = await keptFile(t, inbox, { path: `served-${t.parts.lent.newId()}.bin`, content });
  const answer = await appOf().request(`/v0/files/${file.download?.token}`, { headers, method });
  const field = (name: string) => answer.headers.get(name);
  const bytes = Buffer.from(await answer.arrayBuffer());
  return {
    status: answer.status,
    range: field("content-range"),
    length: field("content-length"),
    bytes,
    field,
  };
}

/** Of two pieces and a part of one. */
const large = Buffer.from(Array.from({ length: 2 * FILE_PIECE_BYTES + 77 }, (_none, at) => at % 251));
const { length: all } = large;

describe("a part of a download", () => {
  it.each([
    ["the beginning", "bytes=0-9", 0, 10],
    ["one octet", "bytes=7-7", 7, 8],
    ["what is left of an interrupted one", `bytes=${FILE_PIECE_BYTES - 3}-`, FILE_PIECE_BYTES - 3, all],
    [
      "what lies over two pieces",
      `bytes=${FILE_PIECE_BYTES - 3}-${FILE_PIECE_BYTES + 2}`,
      FILE_PIECE_BYTES - 3,
      FILE_PIECE_BYTES + 3,
    ],
    [
      "a piece as it is",
      `bytes=${FILE_PIECE_BYTES}-${2 * FILE_PIECE_BYTES - 1}`,
      FILE_PIECE_BYTES,
      2 * FILE_PIECE_BYTES,
    ],
    ["the end", "bytes=-100", all - 100, all],
    ["more than there is at the end", `bytes=${all - 5}-${all + 5}`, all - 5, all],
    ["an end longer than the file", `bytes=-${all + 5}`, 0, all],
  ])("%s is 206 with just those octets", async (_what, range, start, end) => {
    const part = await served(large, { range });
    expect([part.status, part.range, part.length]).toEqual([
      206,
      `bytes ${start}-${end - 1}/${all}`,
      String(end - start),
    ]);
    expect(part.bytes.equals(large.subarray(start, end))).toBe(true);
  });

  it.each([`bytes=${all}-`, "bytes=-0", "bytes=999999999999999-"])(
    "none of it is in %s: 416",
    async (range) => {
      const part = await served(large, { range });
      expect([part.status, part.range, part.bytes.length]).toEqual([416, `bytes */${all}`, 0]);
    },
  );

  it.each(["bytes=5-4", "bytes=-", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b", `bytes=0-${"9".repeat(40)}`])(
    "%s is no range that is served: all of it",
    async (range) => {
      const part = await served(large, { range });
      expect([part.status, part.range, part.length]).toEqual([200, null, String(all)]);
      expect(part.bytes.equals(large)).toBe(true);
    },
  );

  it("is given of the version that the client has a part of, and all of another one", async () => {
    const { field } = await served(large, {});
    const etag = field("etag") ?? "";
    expect([etag, field("accept-ranges")]).toEqual([expect.stringMatching(/^"[\w-]{43}"$/), "bytes"]);
    expect((await served(large, { range: "bytes=0-9", "if-range": etag })).status).toBe(206);
    expect((await served(large, { range: "bytes=0-9", "if-range": '"other"' })).status).toBe(200);
    for (const known of [etag, `"other", W/${etag}`, "*"]) {
      const same = await served(large, { "if-none-match": known });
      expect([same.status, same.bytes.length, same.field("etag")]).toEqual([304, 0, etag]);
    }
    expect((await served(large, { "if-none-match": '"other"' })).status).toBe(200);
  });

  it("is given of an attachment too", async () => {
    const token = await link({ content: base64("0123456789") });
    const answer = await appOf().request(`/v0/files/${token}`, { headers: { range: "bytes=3-5" } });
    expect([answer.status, await answer.text()]).toEqual([206, "345"]);
  });

  it("is not what HEAD asks for: it has the fields of the whole, and no bytes", async () => {
    const head = await served(large, { range: "bytes=0-9" }, "HEAD");
    expect([head.status, head.range, head.length, head.bytes.length]).toEqual([200, null, String(all), 0]);
  });
});
