/** Large mails on worker threads: the same outcome as in process, and a message even when the thread fails. */
import { generateKeyPairSync } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { Failure } from "../domain/door/failures.ts";
import { LARGE_MAIL_BYTES } from "../domain/limits.ts";
import { inProcessCodec, isReadWhole, type MailToCompose } from "../protocols/mime/index.ts";
import { createMimePool, type MimePool, type MimePoolParts } from "./mime-pool.ts";

let pool: MimePool;
let warnings: unknown[];

function open(bounds: Partial<MimePoolParts> = {}): MimePool {
  warnings = [];
  pool = createMimePool({
    threads: 1,
    warn: (_reason, error) => void warnings.push(error),
    ...bounds,
  });
  return pool;
}
afterEach(() => pool.close());

const head =
  "From: Ann <ann@outside.test>\r\nTo: desk@rookery.test\r\nSubject: Files\r\nMessage-ID: <1@outside.test>\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
const trace = "Received: from outside.test\r\n";

/** Two files, of which one is a view of the mail, beside a text with history. */
const large = Buffer.from(
  `${head}--b\r\n\r\nYes.\r\n\r\nOn 1 Jan 2026, Bob <bob@outside.test> wrote:\r\n> Well?\r\n--b\r\n` +
    `Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.alloc(LARGE_MAIL_BYTES, 7).toString("base64")}\r\n--b\r\n` +
    `Content-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n1,2\r\n--b--\r\n`,
);

/** A mail that costs a second to read. */
const costly = Buffer.from(`${head}--b\r\n\r\nHello.\r\n${"--bb\r\n".repeat(2_000_000)}`);

const costlyInProcess = inProcessCodec.read(costly, trace);

/** Enough for a thread to start and read the large mail, not the costly one: its text is 12 MB, several times over. */
const TIGHT_HEAP_MB = 22;

const toCompose = (text: string): MailToCompose => ({
  messageId: "<1@rookery.test>",
  date: new Date("2026-01-01T00:00:00Z"),
  from: { name: null, address: "desk@rookery.test" },
  to: [{ name: "Ann", address: "ann@outside.test" }],
  cc: [],
  replyTo: [],
  subject: "Files",
  text,
  html: null,
  inReplyTo: null,
  references: [],
  headers: { "X-Mark": "1" },
  attachments: [
    {
      filename: "a.txt",
      contentType: "text/plain",
      disposition: "attachment",
      contentId: null,
      content: Buffer.from("a"),
    },
  ],
});

const boundaries = (raw: Buffer): string =>
  raw.toString("latin1").replaceAll(/--_NmP[\w-]+|boundary="[^"]*"/g, "");

describe("a large mail", () => {
  test("is read as a small one would be", async () => {
    const opened = await open().read(large, trace);
    const direct = await inProcessCodec.read(large, trace);
    const bytes = (mail: typeof opened) => mail.attachments.map(({ content }) => Buffer.from(content));
    expect(bytes(opened)).toEqual(bytes(direct));
    const plain = (mail: typeof opened) => ({
      ...mail,
      attachments: mail.attachments.map((attachment) => ({ ...attachment, content: null })),
    });
    expect(plain(opened)).toEqual(plain(direct));
    expect([opened.extractedText, opened.contentSha256 instanceof Buffer, warnings]).toEqual([
      "Yes.",
      true,
      [],
    ]);
  });

  test("is composed as a small one would be", async () => {
    const mail = toCompose("text ".repeat(LARGE_MAIL_BYTES));
    const [composed, direct] = [await open().compose(mail), await inProcessCodec.compose(mail)];
    expect(boundaries(composed.raw)).toBe(boundaries(direct.raw));
    expect(composed.attachmentSha256).toEqual(direct.attachmentSha256);
    expect(composed.sha256 instanceof Buffer && composed.raw instanceof Buffer).toBe(true);
  });

  test("is signed as a small one would be, and not at all when no thread answers in time", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const signers = [{ domain: "outside.test", selector: "s1", algorithm: "ed25519", privateKey }] as const;
    const at = new Date("2026-01-01T00:00:00Z");
    const [signed, direct] = [
      await open().sign(large, signers, at),
      await inProcessCodec.sign(large, signers, at),
    ];
    expect(signed).toEqual(direct);
    expect(signed.raw instanceof Buffer && signed.raw.includes("DKIM-Signature")).toBe(true);
    await pool.close();
    await expect(open({ timeoutMs: 1 }).sign(large, signers, at)).rejects.toMatchObject({
      code: "service.unavailable",
    });
  });

  test("has its signatures verified as a small one would, and is given up when no thread answers in time", async () => {
    const signature = "v=1; a=rsa-sha256; d=outside.test; s=s1; h=from; bh=AAAA; b=AAAA";
    const raw = Buffer.concat([Buffer.from(`DKIM-Signature: ${signature}\r\n`), large]);
    const huge = Buffer.concat([raw, Buffer.alloc(2_000_000, "line\r\n")]);
    const expected = [{ result: "fail", domain: "outside.test", selector: "s1" }];
    expect((await open().verifySignatures(huge, {}, 60_000)).dkim).toMatchObject(expected);
    expect((await pool.verifySignatures(raw, {}, 60_000)).dkim).toMatchObject(expected);
    await expect(pool.verifySignatures(huge, {}, 1)).rejects.toThrow();
  });

  test("leaves the event loop free while it is read", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await open().read(costly, trace);
    clearInterval(timer);
    // Read on the loop, it would not have turned once.
    expect(turns).toBeGreaterThan(5);
  });
});

describe("a thread that fails", () => {
  test.each([
    ["takes too long", { timeoutMs: 1 }],
    ["runs out of memory", { heapMegabytes: TIGHT_HEAP_MB }],
    ["cannot even start", { heapMegabytes: 4 }],
  ])("because it %s leaves header and start of the mail, and its hashes", async (_what, bounds) => {
    const direct = await costlyInProcess;
    const opened = await open(bounds).read(costly, trace);
    expect(warnings).toHaveLength(1);
    expect(opened).toMatchObject({
      subject: "Files",
      messageId: "<1@outside.test>",
      fromText: "Ann <ann@outside.test>",
      storedSha256: direct.storedSha256,
      attachments: [],
    });
    expect(opened.text).toMatch(/^Hello\./);
  });

  test("is replaced, and what waits gets another", async () => {
    const [first, second, small] = await Promise.all([
      open({ heapMegabytes: TIGHT_HEAP_MB }).read(costly, trace),
      pool.read(large, trace),
      pool.read(Buffer.from("Subject: small\r\n\r\nHi"), trace),
    ]);
    expect([warnings.length, first.attachments.length]).toEqual([1, 0]);
    expect([second.attachments.length, small.subject]).toEqual([2, "small"]);
  });

  test("fails a send with an answer that says to try again", async () => {
    const failure = await open({ timeoutMs: 1 })
      .compose(toCompose("text ".repeat(LARGE_MAIL_BYTES)))
      .catch((error: unknown) => error);
    expect(failure instanceof Failure && failure.code).toBe("service.unavailable");
  });

  test("is not what a header with an invalid name is reported as", async () => {
    const mail = { ...toCompose("text ".repeat(LARGE_MAIL_BYTES)), headers: { "X: Y": "1" } };
    await expect(open().compose(mail)).rejects.toThrow("a header's name is visible ASCII");
  });
});

test("once ended, the threads take no more work, and a mail is still read", async () => {
  await open().close();
  expect((await pool.read(large, trace)).subject).toBe("Files");
  expect(warnings).toHaveLength(1);
});

describe("a mail that is not large", () => {
  const mailOf = (type: string, body: string, encoding = "8bit"): Buffer =>
    Buffer.from(
      `From: Ann <ann@outside.test>\r\nIn-Reply-To: <1@x>\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`,
    );
  const marks = "<p>a".repeat(25_000);
  const row =
    '<tr><td style="padding: 10px" align="left"><a href="https://example.com/t?u=123456789">Read more</a></td></tr>\r\n';
  const newsletter = `<table>${row.repeat(2000)}</table>`;

  // A pool that has been ended reads what it leaves to threads no further than its start.
  test.each([
    ["is read at once when it is a newsletter of 220 KB", mailOf("text/html", newsletter), true],
    ["is read on a thread when it is made of tags", mailOf("text/html", marks), false],
    [
      "is read on a thread when it is made of lines",
      mailOf("text/html", `<pre>${"a\n".repeat(50_000)}`),
      false,
    ],
    [
      "is read on a thread when it is made of quotes side by side",
      mailOf("text/html", "<blockquote>q</blockquote>".repeat(9000)),
      false,
    ],
    ["is read on a thread when it is made of ends", mailOf("text/html", "</p>a".repeat(9000)), false],
    [
      "is read on a thread when it is made of changes of the charset",
      mailOf("text/plain; charset=iso-2022-jp", "\x1b$B$3$s\x1b(B\r\n".repeat(12_000)),
      false,
    ],
    [
      "is read on a thread when it is made of tags in quoted-printable",
      mailOf("text/html", "=3Cp=3Ea".repeat(25_000), "quoted-printable"),
      false,
    ],
    [
      "is read on a thread when it is made of tags in base64",
      mailOf("text/html", Buffer.from(marks).toString("base64"), "base64"),
      false,
    ],
    [
      "is read on a thread when it is made of parts",
      mailOf("multipart/mixed; boundary=b", "--b\r\n\r\nx\r\n".repeat(10_000)),
      false,
    ],
    [
      "is read at once when it has some parts",
      mailOf("multipart/mixed; boundary=b", "--b\r\n\r\nx\r\n".repeat(300)),
      true,
    ],
  ])("%s", async (_what, raw, isWhole) => {
    expect(raw.byteLength).toBeLessThan(LARGE_MAIL_BYTES);
    await open().close();
    expect(isReadWhole(await pool.read(raw, trace))).toBe(isWhole);
    // With threads it comes to the same.
    const [opened, direct] = [await open().read(raw, trace), await inProcessCodec.read(raw, trace)];
    const texts = ({ text, html, extractedText, extractedHtml, storedSha256 }: typeof opened) => ({
      ...{ text, html, extractedText, extractedHtml, storedSha256 },
    });
    expect(texts(opened)).toEqual(texts(direct));
    expect(isReadWhole(opened)).toBe(true);
  });

  test("is composed on a thread when its HTML is made of tags, and at once otherwise", async () => {
    const composing = (html: string) => pool.compose({ ...toCompose("text"), html });
    await open().close();
    await expect(composing(marks)).rejects.toMatchObject({ code: "service.unavailable" });
    expect((await composing(newsletter)).raw.includes("Read more")).toBe(true);
    open();
    expect((await composing(marks)).raw.includes("<p>a<p>a")).toBe(true);
  });
});
