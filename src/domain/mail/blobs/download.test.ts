import { afterAll, beforeAll, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { Failure } from "../../door/failures.ts";
import { deleteMessage, getAttachment, getMessage } from "../messages/index.ts";
import { type Download, type DownloadFile, openDownload, readLink } from "./index.ts";
import { DOWNLOAD_SECONDS } from "./limits.ts";
import { sweepBlobs } from "./sweep.ts";

let t: TestDoor;
let inbox: string;
beforeAll(async () => {
  t = await openTestDoor();
  inbox = (await t.seed.inbox()).address;
});
afterAll(() => t.close());

const open = async (token: string, now = new Date()): Promise<DownloadFile> =>
  openDownload(t, readLink({ sealer: t.sealer, clock: { ...systemClock, now: () => now } }, token));

/** A link to the file of a mail that arrives now. */
async function link(messageId: string, file: NonNullable<ArrivingMail["file"]>): Promise<Download> {
  await mailInto(t)(inbox, { id: messageId, file });
  const { attachments } = await t.run(t.rootToken, getMessage, { inbox }, { messageId });
  const named = { messageId, attachmentId: attachments[0]?.id ?? "" };
  return (await t.run(t.rootToken, getAttachment, { inbox }, named)).download;
}

it("a link gives the bytes, their size, name and type without a key", async () => {
  const { token } = await link("<a@x>", { name: 'é "x".html', type: "text/html", content: "<b>1</b>" });
  const file = await open(token);
  expect(file).toMatchObject({ size: 8, filename: 'é "x".html', contentType: "text/html" });
  expect((await file.read()).toString()).toBe("<b>1</b>");
});

it("a link that was changed, forged with another purpose, cut, or outlived is refused like any other", async () => {
  const { token, expiresAt } = await link("<b@x>", { name: "a", type: "text/plain", content: "hush" });
  const [claim = "", signature = ""] = token.split(".");
  const other = Buffer.from(
    JSON.stringify({ ...JSON.parse(Buffer.from(claim, "base64url").toString()), n: "other" }),
  ).toString("base64url");
  expect((await open(token, new Date(expiresAt.getTime() - 1))).size).toBe(4);
  expect(expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(DOWNLOAD_SECONDS * 1000);
  const failures = await Promise.all(
    [
      open(token, expiresAt),
      open(`${other}.${signature}`),
      open(`${claim}.${t.sealer.sign(claim, "another purpose")}`),
      open(`${claim}.`),
      open(claim),
      open("%00.%ff"),
    ].map((opened) => opened.catch((error: unknown) => error)),
  );
  for (const failure of failures) {
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toEqual(failures[0]);
    expect(failure).toMatchObject({ code: "file.expired" });
  }
});

it("a link to bytes that were deleted since is refused as an expired one is", async () => {
  const { token } = await link("<c@x>", { name: "c", type: "text/plain", content: "gone" });
  const file = await open(token);
  await t.run(t.rootToken, deleteMessage, { inbox }, { messageId: "<c@x>" });
  await sweepBlobs(t.database, file.podId);
  await expect(open(token)).rejects.toMatchObject({ code: "file.expired" });
  await expect(file.read()).rejects.toMatchObject({ code: "file.expired" });
});
