import { afterAll, beforeAll, expect, it } from "vitest";
import { bytesInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { openDownload, readLink } from "../blobs/index.ts";
import { getAttachment, getMessage, getRawMessage, type Message } from "./index.ts";

/** With octets that a decoding of the whole would change. */
const raw = (id: string) =>
  Buffer.from(
    [
      ...["From: Ann <ann@outside.test>", "To: agent@here.test", "Subject: caf\u00e9", `Message-ID: ${id}`],
      ...["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"', "", "--b"],
      ...["Content-Type: text/plain; charset=utf-8", "", "na\u00efve  ", "--b"],
      ...["Content-Type: application/octet-stream", 'Content-Disposition: attachment; filename="a.bin"'],
      ...["Content-Transfer-Encoding: base64", "", "AP8ACg==", "--b--", ""],
    ].join("\r\n"),
  );

let t: TestDoor;
let inbox: string;
let other: string;
let message: Message;
let theirs: Message;
beforeAll(async () => {
  t = await openTestDoor();
  [inbox, other] = [(await t.seed.inbox()).address, (await t.seed.inbox()).address];
  const arrive = bytesInto(t);
  await arrive(inbox, raw("<own@x>"));
  await arrive(other, raw("<theirs@x>"));
  message = await t.run(t.rootToken, getMessage, { inbox }, { messageId: "<own@x>" });
  theirs = await t.run(t.rootToken, getMessage, { inbox: other }, { messageId: "<theirs@x>" });
});
afterAll(() => t.close());

const download = async ({ token }: { readonly token: string }) => {
  const file = await openDownload(t, readLink({ sealer: t.sealer, clock: systemClock }, token));
  return { ...file, content: await file.read() };
};
const attachmentOf = ({ attachments }: Message): string => attachments[0]?.id ?? "";

it("the raw message is what came, byte for byte, by either of its names", async () => {
  const whole = await t.run(t.rootToken, getRawMessage, { inbox }, { messageId: "<own@x>" });
  expect(whole).toMatchObject({ messageId: "<own@x>", size: raw("<own@x>").byteLength });
  const file = await download(whole.download);
  expect(file).toMatchObject({ filename: "message.eml", contentType: "message/rfc822" });
  expect(file.content.toString("latin1")).toBe(raw("<own@x>").toString("latin1"));
  const byId = await t.run(t.rootToken, getRawMessage, { inbox }, { id: message.id });
  expect((await download(byId.download)).content.equals(file.content)).toBe(true);
});

it("an attachment is its decoded bytes, under its name and type", async () => {
  const ref = { messageId: "<own@x>", attachmentId: attachmentOf(message) };
  const found = await t.run(t.rootToken, getAttachment, { inbox }, ref);
  expect(found.attachment).toMatchObject({ id: ref.attachmentId, filename: "a.bin", size: 4 });
  const file = await download(found.download);
  expect(file).toMatchObject({ filename: "a.bin", contentType: "application/octet-stream" });
  expect([...file.content]).toEqual([0, 255, 0, 10]);
});

it("neither is found of another inbox's message, as of none; nor the attachment of another message in one's own", async () => {
  const { token } = await t.seed.key({ inbox });
  const at = { inbox };
  const absent = await t.refusal(token, getRawMessage, at, { messageId: "<nobody@x>" });
  expect(absent.code).toBe("object.not_found");
  expect(await t.refusal(token, getRawMessage, at, { id: theirs.id })).toEqual(absent);
  const attachmentId = attachmentOf(theirs);
  expect(await t.refusal(token, getAttachment, at, { id: theirs.id, attachmentId })).toEqual(absent);
  for (const operation of [getRawMessage, getAttachment])
    expect((await t.refusal(token, operation, { inbox: other }, { id: theirs.id, attachmentId })).code).toBe(
      "inbox.not_found",
    );
  for (const id of [attachmentId, crypto.randomUUID(), "nonsense"]) {
    const ref = { messageId: "<own@x>", attachmentId: id };
    expect((await t.refusal(token, getAttachment, at, ref)).code).toBe("object.not_found");
  }
});
