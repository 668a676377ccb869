import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { systemScope } from "../../door/access/index.ts";
import { openDownload, readLink, sweepBlobs } from "../blobs/index.ts";
import { getAttachment, getMessage } from "../messages/index.ts";
import { deleteThread, getThreadAttachment } from "../threads/index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const arrived = async (file: { name: string; type: string; content: string }) => {
  const inbox = await t.seed.inbox(await t.seed.pod());
  const messageId = `<${inbox.id}@texts.test>`;
  await mailInto(t)(inbox.address, { id: messageId, file });
  const message = await t.run(t.rootToken, getMessage, { inbox: inbox.address }, { messageId });
  const attachmentId = message.attachments[0]?.id ?? "";
  const get = () => t.run(t.rootToken, getAttachment, { inbox: inbox.address }, { messageId, attachmentId });
  return { inbox, message, attachmentId, get };
};

const download = async (token: string) =>
  openDownload(t, readLink({ sealer: t.sealer, clock: systemClock }, token));

const textsIn = async (pod: string) =>
  (
    await t.behind((tx) =>
      sql<{ text: string | null }>`select text from blob_texts where pod_id = ${pod}`.execute(
        tx.within(systemScope),
      ),
    )
  ).rows;

it("an attachment with text has a link to it that ends with the one to its bytes, in its message and its thread", async () => {
  const { inbox, message, attachmentId, get } = await arrived({
    name: "list.csv",
    type: "text/csv",
    content: "a,b\n1,2",
  });
  const file = await get();
  expect(file.text?.expiresAt).toEqual(file.download.expiresAt);
  const text = await download(file.text?.token ?? "");
  expect(text).toMatchObject({ filename: "list.csv.txt", contentType: "text/plain; charset=utf-8", size: 7 });
  expect((await text.read()).toString()).toBe("a,b\n1,2");
  const inThread = await t.run(
    t.rootToken,
    getThreadAttachment,
    { inbox: inbox.address },
    { threadId: message.threadId, attachmentId },
  );
  expect(inThread.text).not.toBeNull();
  await get();
  expect(await textsIn(inbox.podId)).toEqual([{ text: "a,b\n1,2" }]);
});

it("one without text, or that is no document, has none", async () => {
  const scan = await arrived({ name: "scan.pdf", type: "application/pdf", content: "%PDF-1.4 nothing" });
  expect((await scan.get()).text).toBeNull();
  expect(await textsIn(scan.inbox.podId)).toEqual([{ text: null }]);
  const picture = await arrived({ name: "a.png", type: "image/png", content: "png" });
  expect((await picture.get()).text).toBeNull();
  expect(await textsIn(picture.inbox.podId)).toEqual([]);
});

it("a link to text is worth nothing for the bytes, nor for the text once the bytes are deleted", async () => {
  const { inbox, message, get } = await arrived({ name: "a.txt", type: "text/plain", content: "secret" });
  const { text, download: bytes } = await get();
  const [claim = "", signature = ""] = (text?.token ?? "").split(".");
  const forged = Buffer.from(
    Buffer.from(claim, "base64url").toString().replace('"x":true', '"x":false'),
  ).toString("base64url");
  await expect(download(`${forged}.${signature}`)).rejects.toMatchObject({ code: "file.expired" });
  await t.run(t.rootToken, deleteThread, { inbox: inbox.address }, { threadId: message.threadId });
  await sweepBlobs(t.database, inbox.podId);
  expect(await textsIn(inbox.podId)).toEqual([]);
  await expect(download(text?.token ?? "")).rejects.toMatchObject({ code: "file.expired" });
  await expect(download(bytes.token)).rejects.toMatchObject({ code: "file.expired" });
});
