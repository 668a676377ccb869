/** SMTP on a raw socket: what is offered, what is refused and how, and that the session survives it all. */
import { createTransport } from "nodemailer";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { SmtpSession, sendMail } from "../support/smtp-client.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

const LIMIT = 100_000;
let app: TestApp;
const open = new Set<SmtpSession>();

beforeAll(async () => {
  app = await testApp({ ROOKERY_MAX_MESSAGE_BYTES: String(LIMIT), ROOKERY_SMTP_MAX_CONNECTIONS: "10" });
  const client = app.client();
  await client.inboxes.create({ username: "desk" });
  for (const name of ["one", "two"]) {
    const pod = await client.pods.create({ clientId: name });
    await client.pods.inboxes.create(pod.podId, { username: name });
  }
});
afterEach(() => {
  for (const one of open) one.close();
  open.clear();
});
afterAll(async () => app.stop());

/**
 * A fresh session; while those of the test before are still being closed, the server may be full.
 * @param from as SmtpSession.open
 */
async function session(from?: string): Promise<SmtpSession> {
  return eventually("a free place", async () => {
    const opened = await SmtpSession.open(app.smtpPort, from);
    const greeting = await opened.reply();
    if (greeting.startsWith("421")) return null;
    expect(greeting).toMatch(/^220 rookery\.localhost ESMTP/);
    open.add(opened);
    return opened;
  });
}

async function greeted(): Promise<SmtpSession> {
  const opened = await session();
  await opened.command("EHLO client.test");
  return opened;
}

const list = async (address: string) => (await app.client().inboxes.messages.list(address)).messages;

describe("a session", () => {
  test("offers PIPELINING, SIZE, 8BITMIME, SMTPUTF8, STARTTLS and ENHANCEDSTATUSCODES, and no AUTH", async () => {
    const opened = await session();
    const reply = await opened.command("EHLO client.test");
    for (const extension of [
      "PIPELINING",
      `SIZE ${LIMIT}`,
      "8BITMIME",
      "SMTPUTF8",
      "STARTTLS",
      "ENHANCEDSTATUSCODES",
    ])
      expect(reply).toContain(extension);
    expect(reply).not.toContain("AUTH");
    opened.close();
  });

  test("refuses an unknown recipient with 550 5.1.1 and goes on", async () => {
    const opened = await greeted();
    await opened.command("MAIL FROM:<a@outside.test>");
    expect(await opened.command("RCPT TO:<nobody@rookery.localhost>")).toMatch(/^550 5\.1\.1 /);
    expect(await opened.command("RCPT TO:<x@elsewhere.test>")).toMatch(/^550 5\.1\.1 /);
    expect(await opened.command("RCPT TO:<desk@rookery.localhost>")).toMatch(/^250 2\.1\.5 /);
    opened.close();
  });

  test("refuses a declared size over the limit at MAIL, and an undeclared one after DATA, with 552 5.3.4; the session goes on", async () => {
    const opened = await greeted();
    expect(await opened.command(`MAIL FROM:<a@outside.test> SIZE=${LIMIT + 1}`)).toMatch(/^552 5\.3\.4 /);
    await opened.command("MAIL FROM:<a@outside.test>");
    await opened.command("RCPT TO:<desk@rookery.localhost>");
    await opened.command("DATA");
    opened.write(`Subject: big\r\n\r\n${"x".repeat(70)}\r\n`.repeat(LIMIT / 50));
    expect(await opened.command(".")).toMatch(/^552 5\.3\.4 /);
    expect((await list("desk@rookery.localhost")).some((message) => message.subject === "big")).toBe(false);
    expect(await opened.command("NOOP")).toMatch(/^250/);
    opened.close();
  });

  test("says 421 when there are too many connections", async () => {
    // One a network: one network alone would wait for its idle sessions to be ended, beyond its half of the places.
    // Two of the ten are for networks that have brought mail.
    for (let index = 1; index <= 8; index++) await session(`127.0.${index}.1`);
    const extra = await SmtpSession.open(app.smtpPort, "127.0.9.1");
    expect(await extra.reply()).toMatch(/^421 /);
    extra.close();
  });

  test("speaks TLS after STARTTLS, and the trace header says so", async () => {
    // A free place first: sessions of the test before may still be closing.
    (await session()).close();
    const transport = createTransport({
      host: "127.0.0.1",
      port: app.smtpPort,
      requireTLS: true,
      tls: { rejectUnauthorized: false },
    });
    const sent = await transport.sendMail({
      from: "a@outside.test",
      to: "desk@rookery.localhost",
      subject: "encrypted",
      text: "x",
    });
    transport.close();
    const { downloadUrl } = await app
      .client()
      .inboxes.messages.getRaw("desk@rookery.localhost", sent.messageId);
    expect(await (await fetch(downloadUrl)).text()).toContain("with ESMTPS id");
  });

  test.each([
    ["\n.\n", "bare line feeds"],
    ["\r\n.\n", "a half-bare end"],
    ["\n.\r\n", "another half-bare end"],
    ["\r.\r", "carriage returns alone"],
  ])("does not end DATA at %j: no second mail can be smuggled behind it", async (end) => {
    const opened = await greeted();
    await opened.command("MAIL FROM:<a@outside.test>");
    await opened.command("RCPT TO:<desk@rookery.localhost>");
    await opened.command("DATA");
    opened.write(
      `Subject: outer\r\n\r\nbefore${end}MAIL FROM:<evil@outside.test>\r\nRCPT TO:<one@rookery.localhost>\r\nDATA\r\nSubject: smuggled\r\n\r\nx`,
    );
    expect(await opened.command("\r\n.")).toMatch(end.includes("\n") ? /^554 5\.6\.0 / : /^250 /);
    expect(await list("one@rookery.localhost")).toEqual([]);
    opened.close();
  });

  test.each([1, 3, 17])("understands a session that comes in pieces of %i bytes", async (chunk) => {
    const opened = await session();
    const text = ["EHLO client.test", "MAIL FROM:<>", "RCPT TO:<desk@rookery.localhost>", "DATA"].join(
      "\r\n",
    );
    opened.write(`${text}\r\n`, chunk);
    for (const code of ["250", "250", "250", "354"]) expect((await opened.reply()).slice(0, 3)).toBe(code);
    opened.write(`Subject: pieces of ${chunk}\r\n\r\n..dot\r\n.\r\n`, chunk);
    expect(await opened.reply()).toMatch(/^250 2\.0\.0 Ok: queued as /);
    const found = (await list("desk@rookery.localhost")).find(
      (message) => message.subject === `pieces of ${chunk}`,
    );
    const whole = await app.client().inboxes.messages.get("desk@rookery.localhost", found?.messageId ?? "");
    expect(whole.text).toBe(".dot\n");
    opened.close();
  });

  test("survives garbage, and answers the next client", async () => {
    const opened = await session();
    const nonsense = [
      "\0\0\0",
      "EHLO",
      "RCPT TO:<x>",
      "DATA",
      "MAIL FROM:<a\0b@c>",
      "GARBAGE ".repeat(50),
      "MAIL FROM:<a@outside.test> SIZE=abc",
      'RCPT TO:<"a b"@x>',
    ];
    for (const line of nonsense) expect(await opened.command(line)).toMatch(/^[245]\d\d/);
    opened.close();
    expect(
      await sendMail(
        app.smtpPort,
        "a@outside.test",
        ["desk@rookery.localhost"],
        "Subject: still here\r\n\r\nx",
      ),
    ).toMatch(/^250 /);
  });
});

describe("what is stored", () => {
  test("one mail to several pods, to a plus-tag and twice to one inbox is one message in each", async () => {
    const recipients = [
      "one@rookery.localhost",
      "Two+tag@Rookery.localhost",
      "two@rookery.localhost",
      "two+again@rookery.localhost",
    ];
    expect(
      await sendMail(
        app.smtpPort,
        "a@outside.test",
        recipients,
        "Subject: several\r\nMessage-ID: <several@x>\r\n\r\nx",
      ),
    ).toMatch(/^250 /);
    expect((await list("one@rookery.localhost")).map((message) => message.messageId)).toEqual([
      "<several@x>",
    ]);
    expect((await list("two@rookery.localhost")).map((message) => message.messageId)).toEqual([
      "<several@x>",
    ]);
  });

  test("a mail that has passed 100 servers is taken, one that has passed more is 554 5.4.6, and the session goes on", async () => {
    const opened = await greeted();
    const send = async (hops: number): Promise<string> => {
      await opened.command("MAIL FROM:<>");
      await opened.command("RCPT TO:<one@rookery.localhost>");
      await opened.command("DATA");
      opened.write(
        `${"Received: from a by b; date\r\n".repeat(hops)}Subject: ${hops} hops\r\n\r\nReceived: x`,
      );
      return opened.command("\r\n.");
    };
    expect(await send(101)).toMatch(/^554 5\.4\.6 /);
    expect(await send(100)).toMatch(/^250 /);
    const subjects = (await list("one@rookery.localhost")).map((message) => message.subject);
    expect(subjects.filter((subject) => subject?.endsWith("hops"))).toEqual(["100 hops"]);
    opened.close();
  });

  test("the same bytes again are recognised, with or without a Message-ID", async () => {
    for (const raw of [
      "Subject: twice\r\nMessage-ID: <twice@x>\r\n\r\nx",
      "Subject: anonymous\r\n\r\nsame bytes",
    ])
      for (let index = 0; index < 2; index++)
        expect(await sendMail(app.smtpPort, "a@outside.test", ["one@rookery.localhost"], raw)).toMatch(
          /^250 /,
        );
    const subjects = (await list("one@rookery.localhost")).map((message) => message.subject);
    expect(subjects.filter((subject) => subject === "twice")).toHaveLength(1);
    expect(subjects.filter((subject) => subject === "anonymous")).toHaveLength(1);
  });

  test("threads join by In-Reply-To and References in the inbox, never by subject, never across inboxes", async () => {
    const send = (to: string, id: string, extra: string) =>
      sendMail(
        app.smtpPort,
        "a@outside.test",
        [to],
        `Subject: same\r\nMessage-ID: <${id}@t>\r\n${extra}\r\nx`,
      );
    await send("one@rookery.localhost", "t1", "");
    await send("one@rookery.localhost", "t2", "In-Reply-To: t1@t\r\n");
    await send("one@rookery.localhost", "t3", "References: <none@t> <t2@t> <none2@t>\r\n");
    await send("one@rookery.localhost", "t4", "");
    await send("two@rookery.localhost", "t5", "In-Reply-To: <t1@t>\r\n");
    const thread = new Map(
      [...(await list("one@rookery.localhost")), ...(await list("two@rookery.localhost"))].map((message) => [
        message.messageId,
        message.threadId,
      ]),
    );
    expect(thread.get("<t2@t>")).toBe(thread.get("<t1@t>"));
    expect(thread.get("<t3@t>")).toBe(thread.get("<t1@t>"));
    expect(thread.get("<t4@t>")).not.toBe(thread.get("<t1@t>"));
    expect(thread.get("<t5@t>")).not.toBe(thread.get("<t1@t>"));
  });

  test("broken MIME, wrong charsets and hostile headers still become readable messages", async () => {
    const broken: readonly (readonly [string, string | Buffer])[] = [
      ["no header at all", "just text"],
      [
        "unclosed multipart",
        'Subject: unclosed multipart\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nreadable',
      ],
      [
        "unknown charset",
        "Subject: unknown charset\r\nContent-Type: text/plain; charset=x-klingon\r\n\r\nreadable",
      ],
      [
        "eight bit",
        Buffer.from(
          "Subject: eight bit\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nreadable gr\xfc\xdfe",
          "latin1",
        ),
      ],
      ["nul", "Subject: nul\r\n\r\nread\0able"],
      ["bad date", "Subject: bad date\r\nDate: the day before yesterday\r\n\r\nreadable"],
      ["huge date", "Subject: huge date\r\nDate: Thu, 01 Jan 20999 00:00:00 +0000\r\n\r\nreadable"],
      [
        "nested",
        `Subject: nested\r\n${'Content-Type: multipart/mixed; boundary="n"\r\n\r\n--n\r\n'.repeat(300)}\r\nreadable`,
      ],
    ];
    for (const [name, raw] of broken)
      expect(await sendMail(app.smtpPort, "a@outside.test", ["two@rookery.localhost"], raw), name).toMatch(
        /^250 /,
      );
    const found = await list("two@rookery.localhost");
    for (const [name] of broken.slice(1)) {
      const item = found.find((message) => message.subject === name);
      expect(item, name).toBeDefined();
      const message = await app.client().inboxes.messages.get("two@rookery.localhost", item?.messageId ?? "");
      expect(message.text, name).toContain("read");
      expect(message.text, name).not.toContain("\0");
    }
  });

  test("attachments and inline images are kept apart, and the trace header is ours", async () => {
    const raw =
      'From: a@outside.test\r\nSubject: parts\r\nMessage-ID: <parts@x>\r\nContent-Type: multipart/related; boundary="r"\r\n\r\n--r\r\nContent-Type: text/html\r\n\r\n<img src="cid:logo">\r\n--r\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Disposition: inline; filename=l.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--r--';
    await sendMail(app.smtpPort, "a@outside.test", ["one@rookery.localhost"], raw);
    const message = await app.client().inboxes.messages.get("one@rookery.localhost", "<parts@x>");
    expect(message.text).toBeUndefined();
    expect(message.attachments).toMatchObject([
      {
        filename: "l.png",
        contentType: "image/png",
        contentDisposition: "inline",
        contentId: "logo",
        size: 4,
      },
    ]);
    const { downloadUrl } = await app.client().inboxes.messages.getRaw("one@rookery.localhost", "<parts@x>");
    const bytes = await (await fetch(downloadUrl)).text();
    expect(bytes).toMatch(
      /^Return-Path: <a@outside\.test>\r\nReceived: from client\.test \(\[127\.0\.0\.1\]\)\r\n\tby rookery\.localhost with ESMTP id /,
    );
    expect(bytes.endsWith(`${raw}\r\n`)).toBe(true);
  });
});
