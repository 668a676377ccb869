/** Mail that clients submit, over the wire and on a database: who may, what is kept of it, and that nothing is sent twice. */
import { execFile, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createTransport } from "nodemailer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { SmtpSession } from "../support/smtp-client.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

const run = promisify(execFile);
const has = (command: string): boolean => spawnSync("which", [command]).status === 0;

let app: TestApp;
let inbox: string;
let key: string;
let neighbour: string;
beforeAll(async () => {
  app = await testApp();
  const pod = await app.client().pods.create({});
  inbox = (await app.client().pods.inboxes.create(pod.podId, { username: "agent" })).inboxId;
  neighbour = (await app.client().pods.inboxes.create(pod.podId, { username: "neighbour" })).inboxId;
  key = (await keyOf(inbox)).secret;
});
afterAll(() => app.stop());

/** A key of the inbox. */
async function keyOf(owner: string, permissions?: Record<string, boolean>) {
  const path = `/v0/inboxes/${owner}/api-keys`;
  const { body } = await app.request("POST", path, { body: { name: "submits", permissions } });
  return { id: String(body["api_key_id"]), secret: String(body["api_key"]) };
}

const plain = (user: string, secret: string, authzid = ""): string =>
  `AUTH PLAIN ${Buffer.from(`${authzid}\0${user}\0${secret}`).toString("base64")}`;

async function signedIn(secret = key, user = inbox): Promise<SmtpSession> {
  const session = await SmtpSession.open(app.submissionPort);
  await session.reply();
  await session.command("EHLO client.test");
  expect(await session.command(plain(user, secret))).toMatch(/^235 2\.7\.0 /);
  return session;
}

/** The last reply: that to the mail, or to what was refused before. */
async function submit(raw: string, { to = [neighbour], from = inbox, secret = key, user = inbox } = {}) {
  const session = await signedIn(secret, user);
  try {
    for (const line of [`MAIL FROM:<${from}>`, ...to.map((one) => `RCPT TO:<${one}>`), "DATA"]) {
      const reply = await session.command(line);
      if (!/^[23]/.test(reply)) return reply;
    }
    session.write(raw);
    return await session.command("\r\n.");
  } finally {
    session.close();
  }
}

const mail = (id: string, more = "", body = "Hello\r\n"): string =>
  `From: Agent <${inbox}>\r\nTo: ${neighbour}\r\nSubject: ${id}\r\nMessage-ID: <${id}@client.test>\r\nDate: Thu, 26 Nov 2026 10:00:00 +0000\r\n${more}\r\n${body}`;

const sent = async (subject: string) =>
  (await app.client().inboxes.messages.list(inbox, { labels: ["sent"], limit: 100 })).messages.filter(
    (message) => message.subject === subject,
  );

/** What the neighbour gets. */
const arrived = (subject: string): Promise<string> =>
  eventually(`${subject} at its recipient`, async () => {
    const { messages } = await app.client().inboxes.messages.list(neighbour, { limit: 100 });
    const [found] = messages.filter((message) => message.subject === subject);
    if (found === undefined) return null;
    const path = `/v0/inboxes/${neighbour}/messages/${encodeURIComponent(found.messageId)}/raw`;
    const { body } = await app.request("GET", path);
    return (await fetch(String(body["download_url"]))).text();
  });

describe("signing in", () => {
  test.each([
    ["the inbox's key", () => key],
    ["the organization's key", () => app.rootKey],
  ])("%s opens it", async (_what, secret) => {
    (await signedIn(secret())).close();
  });

  test("so does the app password, until it is another", async () => {
    const made = await app.nylas().auth.customAuthentication({
      requestBody: {
        provider: "nylas",
        settings: { email: "app@rookery.localhost", app_password: "First-App-Password-1" },
      } as never,
    });
    const address = made.data.email ?? "";
    const session = await signedIn("First-App-Password-1", address);
    expect(await session.command(`MAIL FROM:<${address}>`)).toMatch(/^250/);
    await app.request("PATCH", `/v3/grants/${made.data.id}`, {
      body: { settings: { app_password: "Second.App.Password.2" } },
    });
    await session.command("RSET");
    expect(await session.command(`MAIL FROM:<${address}>`)).toMatch(/^530 5\.7\.0 /);
    session.close();
  });

  test("a wrong secret, an unknown address and a foreign inbox are refused in the same words", async () => {
    const foreign = (await keyOf(neighbour)).secret;
    const session = await SmtpSession.open(app.submissionPort);
    await session.reply();
    await session.command("EHLO client.test");
    for (const line of [
      plain(inbox, "wrong"),
      plain("nobody@rookery.localhost", key),
      plain(inbox, foreign),
      plain(inbox, key, neighbour),
    ])
      expect(await session.command(line)).toBe("535 5.7.8 Authentication credentials invalid");
    expect(await session.command(plain(inbox, ""))).toMatch(/^535/);
    // The fifth ends the session.
    expect(await session.reply()).toMatch(/^421 4\.7\.0 /);
    session.close();
  });

  test("a key without message_send, and one that was deleted meanwhile, send nothing", async () => {
    const weak = await keyOf(inbox, { message_read: true });
    const session = await SmtpSession.open(app.submissionPort);
    await session.reply();
    await session.command("EHLO client.test");
    expect(await session.command(plain(inbox, weak.secret))).toBe("535 5.7.8 The key may not send mail");
    session.close();
    const short = await keyOf(inbox);
    const open = await signedIn(short.secret);
    await app.client().inboxes.apiKeys.delete(inbox, short.id);
    expect(await open.command(`MAIL FROM:<${inbox}>`)).toMatch(/^530 5\.7\.0 /);
    open.close();
  });

  test("nothing is sent without, and AUTH LOGIN, a cancelled AUTH and unknown mechanisms are answered by the book", async () => {
    const session = await SmtpSession.open(app.submissionPort);
    await session.reply();
    expect(await session.command("EHLO client.test")).toContain("250-AUTH PLAIN LOGIN");
    expect(await session.command(`MAIL FROM:<${inbox}>`)).toBe("530 5.7.0 Authentication required");
    expect(await session.command("AUTH CRAM-MD5")).toMatch(/^504 5\./);
    expect(await session.command("AUTH PLAIN")).toMatch(/^334/);
    expect(await session.command("*")).toMatch(/^501 5\./);
    expect(await session.command("AUTH PLAIN !!!")).toMatch(/^501 5\./);
    expect(await session.command("AUTH LOGIN")).toMatch(/^334 VXNlcm5hbWU6/);
    expect(await session.command(Buffer.from(inbox).toString("base64"))).toMatch(/^334/);
    expect(await session.command(Buffer.from(key).toString("base64"))).toMatch(/^235/);
    expect(await session.command(plain(inbox, key))).toMatch(/^503/);
    expect(await session.command(`MAIL FROM:<${inbox}> AUTH=<>`)).toMatch(/^250/);
    session.close();
  });
});

test("a client elsewhere is neither offered AUTH nor let use it before TLS", async () => {
  const behindProxy = await testApp({ ROOKERY_SMTP_PROXIES: "127.0.0.1" });
  try {
    const session = await SmtpSession.open(behindProxy.submissionPort);
    session.write("PROXY TCP4 203.0.113.9 127.0.0.1 40000 587\r\n");
    await session.reply();
    const offered = await session.command("EHLO client.test");
    expect(offered).toContain("STARTTLS");
    expect(offered).not.toContain("AUTH");
    expect(await session.command(plain(inbox, key))).toMatch(/^538 5\.7\.11 /);
    expect(await session.command(`MAIL FROM:<${inbox}>`)).toMatch(/^530 5\.7\.0 /);
    session.close();
  } finally {
    await behindProxy.stop();
  }
});

describe("a mail", () => {
  test("is sent as it was written, without Bcc and verdicts, and with a Received field, and who is no longer named got it", async () => {
    const hidden = (await app.client().inboxes.create({})).inboxId;
    const body = "Grüße\r\n..dots\r\n";
    expect(
      await submit(
        mail(
          "whole",
          `X-Own:  kept  as\r\n it is\r\nBcc: ${hidden}\r\nAuthentication-Results: mx.test; dkim=pass\r\n`,
          "Gr\xc3\xbc\xc3\x9fe\r\n...dots\r\n",
        ),
        {
          to: [neighbour, hidden],
        },
      ),
    ).toMatch(/^250 2\.0\.0 Ok: queued as \S+ <whole@client\.test>$/);
    const raw = await arrived("whole");
    expect(raw).toContain(mail("whole", "X-Own:  kept  as\r\n it is\r\n", body));
    expect(raw).toMatch(/^Received: from client\.test \(\[127\.0\.0\.1\]\)\r\n\tby \S+ with ESMTPA id /);
    expect(raw).not.toContain(hidden);
    const [own] = await sent("whole");
    expect(own).toMatchObject({ messageId: "<whole@client.test>", bcc: [hidden], to: [neighbour] });
    const got = await eventually("the copy of a Bcc", async () => {
      const { messages } = await app.client().inboxes.messages.list(hidden);
      return messages.length > 0 && messages;
    });
    expect(got.map(({ subject }) => subject)).toEqual(["whole"]);
  });

  test("without Date and Message-ID gets them", async () => {
    expect(await submit(`From: ${inbox}\r\nSubject: bare\r\n\r\nHi\r\n`)).toMatch(/^250 /);
    const raw = await arrived("bare");
    expect(raw).toMatch(
      /Subject: bare\r\nDate: .* \+0000\r\nMessage-ID: <[\w-]+@rookery\.localhost>\r\n\r\nHi\r\n/,
    );
  });

  test("that comes again, its 250 lost, is sent once; to others it is sent, and other words under its Message-ID are refused", async () => {
    const replies = await Promise.all([
      submit(mail("again")),
      submit(mail("again").replace("10:00:00", "10:00:05")),
    ]);
    for (const reply of replies) expect(reply).toMatch(/^250 .*<again@client\.test>$/);
    expect(await sent("again")).toHaveLength(1);
    const third = (await app.client().inboxes.create({})).inboxId;
    expect(await submit(mail("again"), { to: [third] })).toMatch(/^250 /);
    expect(await sent("again")).toHaveLength(2);
    expect(await submit(mail("again", "", "Other\r\n"))).toMatch(/^554 5\.6\.0 .*Message-ID/);
    expect(await sent("again")).toHaveLength(2);
  });

  test("that answers joins the thread", async () => {
    expect(await submit(mail("question"))).toMatch(/^250 /);
    expect(await submit(mail("answer", "In-Reply-To: <question@client.test>\r\n"))).toMatch(/^250 /);
    const [[question], [answer]] = await Promise.all([sent("question"), sent("answer")]);
    expect(answer?.threadId).toBe(question?.threadId);
  });

  test("may be from an alias of the inbox", async () => {
    const alias = "sales@rookery.localhost";
    const { status } = await app.request("POST", `/v0/inboxes/${inbox}/aliases`, {
      body: { address: alias },
    });
    expect(status).toBe(200);
    const raw = mail("aliased").replace(`Agent <${inbox}>`, alias);
    expect(await submit(raw, { from: alias })).toMatch(/^250 /);
    expect((await sent("aliased")).map(({ from }) => from)).toEqual([alias]);
  });

  test("of another author is refused, in the envelope and in the header", async () => {
    expect(await submit(mail("x"), { from: neighbour })).toBe(
      `550 5.7.1 The reverse-path must be ${inbox} or an alias of it`,
    );
    expect(await submit(mail("x"), { from: "" })).toMatch(/^550 5\.7\.1 /);
    const from = (value: string) => mail("x").replace(`Agent <${inbox}>`, value);
    for (const [value, reply] of [
      [neighbour, /^550 5\.7\.1 From must be/],
      [`${inbox}, ${neighbour}`, /^554 5\.6\.0 .*exactly one address/],
      [`<${inbox}> <${neighbour}>`, /^554 5\.6\.0 .*exactly one address/],
      [`${inbox}\r\nFrom: ${neighbour}`, /^554 5\.6\.0 .*more than one field from/],
      [`${inbox}\r\nSender: ${neighbour}`, /^550 5\.7\.1 Sender must be/],
    ] as const)
      expect(await submit(from(value)), value).toMatch(reply);
    expect(await sent("x")).toEqual([]);
  });

  test.each([
    ["without From", () => "Subject: x\r\n\r\nHi\r\n", /^554 5\.6\.0 .*From/],
    ["with a bare LF", () => mail("x", "", "a\nb\r\n"), /^554 5\.6\.0 .*LF alone/],
    ["that smuggles another", () => mail("x", "", "a\n.\nMAIL FROM:<x@y.example>\r\n"), /^554 5\.6\.0 /],
    ["with a NUL", () => mail("x", "", "a\0b\r\n"), /^554 5\.6\.0 .*NUL/],
    ["with a bare CR", () => mail("x", "", "a\rb\r\n"), /^554 5\.6\.0 .*CR/],
    ["with a line of 999 octets", () => mail("x", "", `${"a".repeat(999)}\r\n`), /^554 5\.6\.0 .*998/],
    ["with a line in its header that is no field", () => mail("x", "no field\r\n"), /^554 5\.6\.0 /],
    ["with a blank line folded into its header", () => mail("x", "X-A: 1\r\n \r\n"), /^554 5\.6\.0 /],
  ])("%s is refused with the reason, and nothing is stored", async (_what, raw, reply) => {
    expect(await submit(raw())).toMatch(reply);
    expect(await sent("x")).toEqual([]);
  });

  test("goes to the others where a recipient is no address that mail can be sent to", async () => {
    const session = await signedIn();
    await session.command(`MAIL FROM:<${inbox}>`);
    for (const wrong of ["x@[127.0.0.1]", "x@192.0.2.1", '""@other.example'])
      expect(await session.command(`RCPT TO:<${wrong}>`)).toBe(
        `553 5.1.3 ${wrong} is no address that mail can be sent to`,
      );
    expect(await session.command(`RCPT TO:<${neighbour}>`)).toMatch(/^250 /);
    await session.command("DATA");
    session.write(mail("to-the-others"));
    expect(await session.command("\r\n.")).toMatch(/^250 /);
    session.close();
    await arrived("to-the-others");
  });

  test("is held to the same rules, lists, limits and pauses as one by API", async () => {
    await app.request("POST", `/v0/inboxes/${inbox}/lists/send/block`, {
      body: { entry: "blocked@other.example" },
    });
    expect(await submit(mail("listed"), { to: ["blocked@other.example"] })).toMatch(
      /^550 5\.7\.1 .*blocked@other\.example/,
    );
    await app.request("POST", `/v0/inboxes/${inbox}/pause`);
    const session = await signedIn();
    const reply = await session.command(`MAIL FROM:<${inbox}>`);
    session.close();
    await app.request("POST", `/v0/inboxes/${inbox}/resume`);
    expect(reply).toMatch(/^451 4\.7\.1 The inbox is paused$/);
    const many = Array.from({ length: 51 }, (_, n) => `r${n}@other.example`);
    expect(await submit(mail("many"), { to: many })).toMatch(/^452 4\.5\.3 /);
  });
});

describe("clients", () => {
  test("nodemailer, over STARTTLS, with an attachment", async () => {
    const transport = createTransport({
      host: "127.0.0.1",
      port: app.submissionPort,
      requireTLS: true,
      tls: { rejectUnauthorized: false },
      auth: { user: inbox, pass: key },
    });
    await transport.sendMail({
      from: inbox,
      to: neighbour,
      subject: "by nodemailer",
      text: "Hello",
      attachments: [{ filename: "a.txt", content: "file" }],
    });
    transport.close();
    expect(await arrived("by nodemailer")).toContain("with ESMTPSA id");
    expect((await sent("by nodemailer"))[0]?.attachments?.map(({ filename }) => filename)).toEqual(["a.txt"]);
  });

  test.skipIf(!has("swaks"))("swaks (skipped when absent because CI installs it)", async () => {
    const args = ["--server", `127.0.0.1:${app.submissionPort}`, "--auth", "LOGIN", "--auth-user", inbox];
    const more = [
      "--auth-password",
      key,
      "--from",
      inbox,
      "--to",
      neighbour,
      "--header",
      "Subject: by swaks",
    ];
    await run("swaks", [...args, ...more]);
    await arrived("by swaks");
  });

  test.skipIf(!has("curl"))("curl (skipped when absent because it is the machine's own)", async () => {
    const file = join(tmpdir(), `submitted-${process.pid}.eml`);
    await writeFile(file, mail("by-curl"));
    const args = ["-sS", "--ssl-reqd", "--insecure", "--url", `smtp://127.0.0.1:${app.submissionPort}`];
    const more = ["--user", `${inbox}:${key}`, "--mail-from", inbox, "--mail-rcpt", neighbour, "-T", file];
    await run("curl", [...args, ...more]);
    await arrived("by-curl");
  });

  test.skipIf(!has("python3"))(
    "Python's smtplib (skipped when absent because it is the machine's own)",
    async () => {
      const script = `
import smtplib, ssl, sys
from email.message import EmailMessage
port, inbox, key, to = sys.argv[1:]
message = EmailMessage()
message["From"], message["To"], message["Subject"] = inbox, to, "by smtplib"
message.set_content("Hello")
context = ssl._create_unverified_context()
with smtplib.SMTP("127.0.0.1", int(port)) as server:
    server.starttls(context=context)
    server.login(inbox, key)
    server.send_message(message)
`;
      await run("python3", ["-c", script, String(app.submissionPort), inbox, key, neighbour]);
      await arrived("by smtplib");
    },
  );
});
