/** How the bytes behind a link are served; which links are good is in domain/mail/blobs/download.test.ts. */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
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

const bodies = createBodyBudget({
  heap: createHeapBudget(MAX_BODY_BYTES_HELD),
  bodyBytes: MAX_BODY_BYTES_HELD,
});

const appOf = ({ unread = createUnreadAnswers(MAX_DOWNLOAD_BYTES_HELD), turns = openLoopTurns() } = {}) => {
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
  const unread = createUnreadAnswers(MAX_DOWNLOAD_BYTES_HELD);
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
