/** How the bytes behind a link are served; which links are good is in domain/mail/blobs/download.test.ts. */
import { Hono } from "hono";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../test/support/test-door.ts";
import { getAttachment, getMessage } from "../../domain/mail/messages/index.ts";
import { type OutgoingAttachment, sendMessage } from "../../domain/transit/sends/index.ts";
import { systemClock } from "../../lib/clock.ts";
import { createFairShare } from "../../lib/fair-share.ts";
import { createHeapBudget } from "../../lib/heap-budget.ts";
import { createBodyBudget } from "./body-budget.ts";
import { mountFiles } from "./files.ts";
import { MAX_BODY_BYTES_HELD, MAX_DOWNLOAD_BYTES_HELD } from "./limits.ts";
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

const open = (token: string) => {
  const app = new Hono();
  const { newId } = t.parts.lent;
  const parts = { door: t.door, database: t.database, sealer: t.sealer, clock: systemClock, newId };
  mountFiles(app, v0, parts, { bodies, unread: createFairShare(MAX_DOWNLOAD_BYTES_HELD) });
  return app.request(`/v0/files/${token}`);
};

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
