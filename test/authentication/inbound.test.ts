/** Mail from outside, judged: a sender that signs, or does not, its domain's records in a name server, SMTP, and what the API then shows. */
import { generateKeyPairSync } from "node:crypto";
import type { AgentMailClient } from "agentmail";
import { dkimSign } from "mailauth/lib/dkim/sign.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type NameServer, startNameServer } from "../support/internet/name-server.ts";
import { filterReply, startRspamd, type TestRspamd } from "../support/rspamd.ts";
import { SmtpSession } from "../support/smtp-client.ts";
import { openSockets, type Sockets } from "../support/sockets.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

const PROXY = "127.0.9.1";
/** Of example.test, by its SPF record. */
const OWN_HOST = "192.0.2.10";
const STRANGER = "198.51.100.66";
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const KEY = publicKey.export({ type: "spki", format: "der" }).toString("base64");
const PRIVATE_KEY = privateKey.export({ type: "pkcs8", format: "pem" }).toString();

const SKIPPED = { ...filterReply("no action", 0), is_skipped: true };

let dns: NameServer;
let sockets: Sockets;
let rspamd: TestRspamd;
let app: TestApp;
let client: AgentMailClient;
let inbox: string;

beforeAll(async () => {
  dns = await startNameServer({
    "example.test": { TXT: ["v=spf1 ip4:192.0.2.10 -all"] },
    "s1._domainkey.example.test": { TXT: [`v=DKIM1; k=rsa; p=${KEY}`] },
    "_dmarc.example.test": { TXT: ["v=DMARC1; p=reject"] },
    "stranger.test": { TXT: ["v=spf1 ip4:198.51.100.66 -all"] },
    "slow.test": "silent",
    "_dmarc.slow.test": "silent",
    "66.100.51.198.list.test": ["127.0.0.2"],
  });
  sockets = openSockets();
  rspamd = await startRspamd(sockets);
  // Skipped unless a test says otherwise, as if there were none.
  rspamd.answer = SKIPPED;
  app = await testApp({
    ROOKERY_DNS_SERVERS: dns.server,
    ROOKERY_RSPAMD_URL: rspamd.url,
    ROOKERY_LOG_LEVEL: "silent",
    ROOKERY_SMTP_PROXIES: PROXY,
    ROOKERY_DNSBL: "list.test",
  });
  client = app.client();
  inbox = (await client.inboxes.create({ username: "desk" })).inboxId;
});
afterAll(async () => {
  await app.stop();
  await sockets.end();
  dns.close();
});

interface Sent {
  /** Address of the client; null: it is on this machine. */
  readonly by: string | null;
  readonly envelopeFrom: string;
  readonly from?: string;
  readonly id: string;
  /** Fields, each with its CRLF. */
  readonly fields?: string;
  readonly body?: string;
}

const bytesOf = ({ from, envelopeFrom, id, fields = "", body = "Hello.\r\n" }: Sent): string =>
  `From: ${from ?? envelopeFrom}\r\nTo: ${inbox}\r\nSubject: ${id}\r\nMessage-ID: <${id}@example.test>\r\n` +
  `Date: ${new Date().toUTCString()}\r\n${fields}\r\n${body}`;

async function signed(mail: Sent): Promise<string> {
  const raw = bytesOf(mail);
  const signing = { signingDomain: "example.test", selector: "s1", privateKey: PRIVATE_KEY };
  const { signatures } = await dkimSign(raw, { ...signing, signatureData: [signing] });
  return `${signatures}${raw}`;
}

/** @returns the reply to the whole mail */
async function hand(mail: Sent, raw = bytesOf(mail), to = inbox): Promise<string> {
  const session = await SmtpSession.open(app.smtpPort, mail.by === null ? undefined : PROXY);
  try {
    if (mail.by !== null) session.write(`PROXY TCP4 ${mail.by} 203.0.113.1 4000 25\r\n`);
    await session.reply();
    const lines = ["EHLO mx.example.test", `MAIL FROM:<${mail.envelopeFrom}>`, `RCPT TO:<${to}>`, "DATA"];
    for (const line of lines) await session.command(line);
    return await session.command(`${raw.replaceAll(/^\./gm, "..")}\r\n.`);
  } finally {
    session.close();
  }
}

/** What the API shows of a message, which is known by its Message-ID. */
async function shown(id: string, of = inbox): Promise<Record<string, unknown>> {
  const path = `/v0/inboxes/${of}/messages/${encodeURIComponent(`<${id}@example.test>`)}`;
  return (await app.request("GET", path)).body;
}

const FAILS = { spf: { result: "fail" }, dmarc: { result: "fail", policy: "reject" } };
const hidden = ["received", "unread", "unauthenticated"];

it("a mail that its author's domain signs and sends is authenticated, and shown with field and header", async () => {
  const mail: Sent = { by: OWN_HOST, envelopeFrom: "ann@example.test", id: "good" };
  expect(await hand(mail, await signed(mail))).toMatch(/^250 /);
  const message = await shown("good");
  expect(message["labels"]).toEqual(["received", "unread"]);
  expect(message["authentication"]).toEqual({
    spf: { result: "pass", domain: "example.test", identity: "mailfrom" },
    dkim: [{ result: "pass", domain: "example.test", selector: "s1" }],
    dmarc: { result: "pass", domain: "example.test", policy: "reject" },
    arc: { result: "none", domain: null },
  });
  expect(message["headers"]).toMatchObject({
    "Authentication-Results":
      "rookery.localhost; spf=pass smtp.mailfrom=example.test; dkim=pass header.d=example.test header.s=s1; dmarc=pass (p=reject) header.from=example.test; arc=none",
  });
});

it("a forged author, and a body that was changed, are labelled, hidden and kept", async () => {
  const forged = { by: STRANGER, envelopeFrom: "me@stranger.test", from: "ann@example.test", id: "forged" };
  expect(await hand(forged)).toMatch(/^250 /);
  const changed: Sent = { by: STRANGER, envelopeFrom: "ann@example.test", id: "changed" };
  expect(await hand(changed, `${await signed(changed)}P.S. Pay me.\r\n`)).toMatch(/^250 /);
  expect(await shown("forged")).toMatchObject({
    labels: hidden,
    authentication: { spf: { result: "pass", domain: "stranger.test" }, dmarc: FAILS.dmarc },
  });
  expect(await shown("changed")).toMatchObject({
    labels: hidden,
    authentication: { ...FAILS, dkim: [{ result: "fail" }] },
  });
  const { messages } = await client.inboxes.messages.list(inbox, { subject: ["forged"] });
  expect(messages).toEqual([]);
  const all = await client.inboxes.messages.list(inbox, {
    subject: ["forged"],
    includeUnauthenticated: true,
  });
  expect(all.messages).toHaveLength(1);
});

it("a signature alone authenticates what was forwarded, and SPF alone what is not signed", async () => {
  const forwarded: Sent = { by: STRANGER, envelopeFrom: "ann@example.test", id: "forwarded" };
  await hand(forwarded, await signed(forwarded));
  expect(await shown("forwarded")).toMatchObject({
    labels: ["received", "unread"],
    authentication: { spf: { result: "fail" }, dmarc: { result: "pass" } },
  });
  await hand({ by: STRANGER, envelopeFrom: "me@stranger.test", id: "unsigned" });
  expect(await shown("unsigned")).toMatchObject({
    labels: ["received", "unread"],
    authentication: { spf: { result: "pass" }, dkim: [], dmarc: { result: "none" } },
  });
});

it("a domain without records, two authors, and none are not believed", async () => {
  await hand({ by: STRANGER, envelopeFrom: "x@nothing.test", id: "nothing" });
  await hand({
    by: STRANGER,
    envelopeFrom: "me@stranger.test",
    from: "me@stranger.test, ann@example.test",
    id: "two",
  });
  const fields = "From: ann@example.test\r\n";
  await hand({ by: STRANGER, envelopeFrom: "me@stranger.test", id: "twice", fields });
  for (const id of ["nothing", "two", "twice"]) expect(await shown(id), id).toMatchObject({ labels: hidden });
});

it("silent name servers make a temperror, and the 250 comes all the same", async () => {
  expect(await hand({ by: STRANGER, envelopeFrom: "x@slow.test", id: "slow" })).toMatch(/^250 /);
  expect(await shown("slow")).toMatchObject({
    labels: hidden,
    authentication: { spf: { result: "temperror" }, dmarc: { result: "temperror" } },
  });
});

it("mail of this machine is not judged, whatever it says", async () => {
  await hand({ by: null, envelopeFrom: "ann@here.test", id: "local" });
  const message = await shown("local");
  expect(message["labels"]).toEqual(["received", "unread"]);
  expect(message).not.toHaveProperty("authentication");
  expect(message["headers"]).not.toHaveProperty("Authentication-Results");
  expect(dns.questions.join()).not.toContain("here.test");
});

it("results in our name that came with a mail are removed, others stay behind ours", async () => {
  const mail: Sent = {
    by: STRANGER,
    envelopeFrom: "me@stranger.test",
    id: "claims",
    fields:
      "Authentication-Results: (a (nested) comment) ROOKERY.localhost;\r\n\tdmarc=pass header.from=bank.test\r\n" +
      "authentication-results : relay.test; spf=pass\r\n",
  };
  await hand(mail);
  const { downloadUrl } = await client.inboxes.messages.getRaw(inbox, "<claims@example.test>");
  const raw = await (await fetch(downloadUrl)).text();
  expect(raw).toMatch(
    /^Authentication-Results: rookery\.localhost;\r\n\tspf=pass smtp\.mailfrom=stranger\.test;/,
  );
  expect(raw).not.toContain("bank.test");
  expect(raw).toContain("authentication-results : relay.test; spf=pass\r\n");
  await hand({ ...mail, by: null, id: "claims-here" });
  expect(JSON.stringify(await shown("claims-here"))).not.toContain("bank.test");
});

it("what is not authenticated joins no thread, and is not taken for the mail that is", async () => {
  const first: Sent = { by: OWN_HOST, envelopeFrom: "ann@example.test", id: "asked" };
  await hand(first, await signed(first));
  const fields = "In-Reply-To: <asked@example.test>\r\n";
  const answer: Sent = { by: OWN_HOST, envelopeFrom: "ann@example.test", id: "answer", fields };
  const raw = await signed(answer);
  const unsigned = raw.replace(/^DKIM-Signature:(?:.|\r|\n)*?(?=From:)/, "");
  await hand({ ...answer, by: STRANGER }, unsigned);
  const { thread_id: hiddenThread } = await shown("answer");
  await hand(answer, raw);
  const { messages } = await client.inboxes.messages.list(inbox, { subject: ["answer"] });
  const { thread_id: thread } = await shown("asked");
  expect(messages.map(({ threadId }) => threadId)).toEqual([thread]);
  expect(hiddenThread).not.toBe(thread);
});

it("a large mail is verified, in pieces", async () => {
  const body = `${"All work and no play makes Jack a dull boy.\r\n".repeat(10_000)}`;
  const mail: Sent = { by: STRANGER, envelopeFrom: "ann@example.test", id: "large", body };
  expect(await hand(mail, await signed(mail))).toMatch(/^250 /);
  expect(await shown("large")).toMatchObject({
    labels: ["received", "unread"],
    authentication: { dkim: [{ result: "pass" }], dmarc: { result: "pass" } },
  });
});

it("spam is what a policy looks for: lists of addresses and odd headers, as sensitive as it says", async () => {
  const pod = await client.pods.create({ name: "Guarded" });
  const guarded = (await client.pods.inboxes.create(pod.podId, { username: "guarded" })).inboxId;
  const mail: Sent = { by: STRANGER, envelopeFrom: "me@stranger.test", id: "offer" };
  await hand(mail, bytesOf(mail), guarded);
  expect(await shown("offer", guarded)).toMatchObject({ labels: ["received", "unread"] });
  const made = await app.request("POST", "/v3/policies", {
    body: { name: "Strict", spam_detection: { use_list_dnsbl: true, spam_sensitivity: 2 } },
  });
  const policy = Object(made.body["data"])["id"];
  await app.request("PATCH", `/v3/workspaces/${pod.podId}`, { body: { policy_id: policy } });
  await hand({ ...mail, id: "offer-2" }, bytesOf({ ...mail, id: "offer-2" }), guarded);
  expect(await shown("offer-2", guarded)).toMatchObject({ labels: ["received", "unread", "spam"] });
  expect(dns.questions).toContain("A 66.100.51.198.list.test");
});

it("rspamd's verdict is shown and joins the score: what it would mark is spam, in any inbox, and what it finds nothing in is not", async () => {
  const mail: Sent = { by: STRANGER, envelopeFrom: "me@stranger.test", id: "filtered" };
  rspamd.answer = filterReply("add header", 7.2);
  expect(await hand(mail)).toMatch(/^250 /);
  expect(await shown("filtered")).toMatchObject({
    labels: ["received", "unread", "spam"],
    authentication: {
      spf: { result: "pass" },
      rspamd: { score: 7.2, required_score: 15, action: "add header", symbols: ["GTUBE", "MIME_GOOD"] },
    },
  });
  expect(rspamd.asked.at(-1)?.fields).toEqual(
    expect.arrayContaining([
      ["ip", STRANGER],
      ["helo", "mx.example.test"],
      ["from", "me@stranger.test"],
      ["rcpt", inbox],
    ]),
  );
  rspamd.answer = filterReply("greylist", 4.5);
  await hand({ ...mail, id: "odd" });
  expect(await shown("odd")).toMatchObject({
    labels: ["received", "unread"],
    authentication: { rspamd: { action: "greylist" } },
  });
});

it("without an answer of rspamd's a mail is stored as without rspamd, with its 250 and its verdicts, and counted", async () => {
  const mail: Sent = { by: STRANGER, envelopeFrom: "me@stranger.test", id: "unanswered" };
  const counted = async (): Promise<string | undefined> =>
    /^rookery_rspamd_checks_total\{result="failed"\} \d+$/m.exec(
      (await app.request("GET", "/metrics")).text,
    )?.[0];
  rspamd.answer = () => undefined;
  expect(await hand(mail)).toMatch(/^250 /);
  rspamd.answer = (response) => response.writeHead(503).end();
  expect(await hand({ ...mail, id: "unavailable" })).toMatch(/^250 /);
  rspamd.answer = SKIPPED;
  for (const id of ["unanswered", "unavailable"]) {
    const message = await shown(id);
    expect(message).toMatchObject({
      labels: ["received", "unread"],
      authentication: { spf: { result: "pass" } },
    });
    expect(message["authentication"]).not.toHaveProperty("rspamd");
  }
  expect(await counted()).toMatch(/ 2$/);
});

it("mail of this machine is not shown to rspamd", async () => {
  const before = rspamd.asked.length;
  await hand({ by: null, envelopeFrom: "ann@here.test", id: "unshown" });
  expect(rspamd.asked).toHaveLength(before);
});
