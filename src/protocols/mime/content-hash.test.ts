/** Which mails have one content; what becomes of them is in domain/transit/arrivals/ingest.test.ts. */
import { expect, test } from "vitest";
import { inProcessCodec, readStart } from "./index.ts";

const head = "From: a@x.test\r\nSubject: Hi\r\n";

const hashOf = async (raw: string, trace = ""): Promise<string> =>
  (await inProcessCodec.read(Buffer.from(raw), trace)).contentSha256.toString("hex");

test("the trace fields of this server do not count", async () => {
  expect(await hashOf(`${head}\r\nHi`, "Received: from a by b; now\r\n")).toBe(await hashOf(`${head}\r\nHi`));
});

test.each([
  ["moved from one field to another", "Reply-To: a@x\r\n", "Sender: a@x\r\n"],
  ["moved between repeated fields", "To: a@x\r\nTo: b@x, c@x\r\n", "To: a@x, b@x\r\nTo: c@x\r\n"],
  ["moved from the header to the body", "Cc: a@x\r\n", "\r\nCc: a@x\r\n"],
])("what is %s makes another mail", async (_what, one, other) => {
  expect(await hashOf(`${head}${one}\r\nHi`)).not.toBe(await hashOf(`${head}${other}\r\nHi`));
});

test("a text and the same text as a file are two mails", async () => {
  const part = (disposition: string) =>
    `${head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n--b\r\nContent-Disposition: ${disposition}\r\n\r\nMore\r\n--b--\r\n`;
  expect(await hashOf(part("inline"))).not.toBe(await hashOf(part("attachment")));
});

test("what was composed has the content that reading it gives", async () => {
  const composed = await inProcessCodec.compose({
    messageId: "<1@x>",
    date: new Date("2026-11-20T10:00:00Z"),
    from: { name: "Ådne", address: "a@x.test" },
    to: [{ name: null, address: "b@x.test" }],
    cc: [],
    replyTo: [],
    subject: "Grüße",
    text: "Hello.\n\nBye.",
    html: "<p>Hello.</p>",
    inReplyTo: null,
    references: [],
    headers: { "X-Mark": "1" },
    attachments: [
      {
        filename: "ü.txt",
        contentType: null,
        disposition: "attachment",
        contentId: null,
        content: Buffer.from("x"),
      },
    ],
  });
  const read = await inProcessCodec.read(composed.raw, "");
  expect(composed.contentSha256).toEqual(read.contentSha256);
});

test("two mails of which only the start could be read differ by what is behind it, and not by their trace fields", () => {
  const body = "Hello.\r\n".repeat(10_000);
  const hash = (end: string, trace = ""): string =>
    readStart(Buffer.from(`${trace}${head}\r\n${body}${end}`), "").contentSha256.toString("hex");
  expect(hash("one")).not.toBe(hash("two"));
  expect(hash("one", "Received: from a by b; now\r\n")).toBe(hash("one"));
});

test("two mails with more files than are listed differ by those", async () => {
  const files = (last: string): string =>
    `${head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n${"--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n".repeat(1001)}--b\r\nContent-Disposition: attachment\r\n\r\n${last}\r\n--b--\r\n`;
  expect(await hashOf(files("one"))).not.toBe(await hashOf(files("two")));
});
