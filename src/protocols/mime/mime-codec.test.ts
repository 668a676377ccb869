import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { ComposeAttachment, MailToCompose } from "./compose.ts";
import { inProcessCodec } from "./mime-codec.ts";

const file = (content: string, over: Partial<ComposeAttachment> = {}): ComposeAttachment => ({
  filename: "a.bin",
  contentType: "application/octet-stream",
  disposition: "attachment",
  contentId: null,
  content: Buffer.from(content),
  ...over,
});

const mail = (attachments: ComposeAttachment[]): MailToCompose => ({
  messageId: "<id@a.test>",
  date: new Date("2026-01-01T00:00:00Z"),
  from: { name: null, address: "ann@a.test" },
  to: [{ name: null, address: "bob@b.test" }],
  cc: [],
  replyTo: [],
  subject: "files",
  text: "see them",
  html: null,
  inReplyTo: null,
  references: [],
  headers: {},
  attachments,
});

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test.each([
  ["no file", []],
  ["files", [file("one"), file("two"), file("one")]],
  ["an empty one", [file(""), file("x")]],
  // Parts that are related to the HTML are written, and read, before those that are not.
  [
    "one that is read at another place",
    [file("first"), file("shown", { contentId: "c@a", contentType: "image/png" })],
  ],
  // Written as it is, so that its line ends may be read as others.
  ["a mail with bare line feeds", [file("Subject: x\n\nbody\n", { contentType: "message/rfc822" })]],
])(
  "%s: what is composed has the hashes of the files given, and of what reading it gives",
  async (_what, given) => {
    const html = given.some(({ contentId }) => contentId !== null) ? '<img src="cid:c@a">' : null;
    const composed = await inProcessCodec.compose({ ...mail(given), html });
    const read = await inProcessCodec.read(composed.raw, "");
    expect(composed.attachmentSha256.map((hash) => hash.toString("hex"))).toEqual(
      given.map(({ content }) => sha256(content)),
    );
    expect(composed.contentSha256.toString("hex")).toBe(read.contentSha256.toString("hex"));
    expect(read.attachments.map((attachment) => attachment.sha256.toString("hex"))).toEqual(
      read.attachments.map(({ content }) => sha256(content)),
    );
    expect(read.attachments).toHaveLength(given.length);
  },
);
