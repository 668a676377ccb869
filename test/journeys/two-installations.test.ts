/** Two installations that believe each other by DNS alone: verified domains, DKIM and DMARC in both directions, and what comes back of mail. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { publish } from "../support/domain-records.ts";
import { eventually } from "../support/eventually.ts";
import { failure } from "../support/failure.ts";
import { type Internet, startInternet } from "../support/internet/internet.ts";
import type { MailHost } from "../support/internet/mail-host.ts";
import { complaintOf, type Returner, reportOf, startReturner } from "../support/internet/returner.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let internet: Internet;
let outside: MailHost;
let returner: Returner;
let north: TestApp;
let south: TestApp;
let listener: Server;
const told: { readonly event_type: string; readonly [payload: string]: unknown }[] = [];

let pod: string;
let ann: string;
let bob: string;

/** Where both take mail is where both send from, as SPF has it: a connection to loopback comes from 127.0.0.1. */
const installation = (domain: string, address: string): Promise<TestApp> => {
  internet.zone({ [domain]: { A: [address, "127.0.0.1"] } });
  return testApp({
    ROOKERY_HOST: address,
    ROOKERY_SMTP_PORT: String(internet.port),
    ROOKERY_DOMAIN: domain,
    ROOKERY_OUTBOUND: "direct",
    ROOKERY_OUTBOUND_PORT: String(internet.port),
    ROOKERY_DNS_SERVERS: internet.dns.server,
    // Mail from this machine is judged as any.
    ROOKERY_UNCHECKED_NETWORKS: "192.0.2.0/24",
  });
};

beforeAll(async () => {
  internet = await startInternet();
  outside = await internet.domain("outside.test");
  returner = startReturner(internet, outside);
  [north, south] = await Promise.all([
    installation("north.test", "127.0.0.111"),
    installation("south.test", "127.0.0.112"),
  ]);
  pod = (await north.client().pods.create({})).podId;
  // A tenant's own domain here, and the server's own there.
  const made = await north
    .client()
    .pods.domains.create(pod, { domain: "agents.test", feedbackEnabled: false });
  publish(internet.dns.zone, made);
  await north.client().domains.verify(made.domainId);
  const { body: own } = await south.request("PUT", "/v0/installation/domain");
  // Cast: a domain as the API shows it.
  publish(internet.dns.zone, own as unknown as Parameters<typeof publish>[1]);
  await south.client().domains.verify(String(own["domain_id"]));
  ann = (await north.client().pods.inboxes.create(pod, { username: "ann", domain: "agents.test" })).inboxId;
  bob = (await south.client().inboxes.create({ username: "bob" })).inboxId;
  listener = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      told.push(JSON.parse(text));
      response.writeHead(204).end();
    });
  }).listen(0, "127.0.0.1");
  await new Promise((listening) => listener.once("listening", listening));
  // Cast: an address of TCP.
  const { port } = listener.address() as AddressInfo;
  await north.client().pods.webhooks.create(pod, {
    url: `http://127.0.0.1:${port}/`,
    eventTypes: ["message.delivered", "message.bounced", "message.complained"],
  });
});
afterAll(async () => {
  returner.close();
  listener.close();
  await Promise.all([north.stop(), south.stop()]);
  internet.close();
});

async function arrived(at: TestApp, inbox: string, subject: string) {
  return eventually(`${inbox} has ${subject}`, async () => {
    const { messages } = await at.client().inboxes.messages.list(inbox, { includeUnauthenticated: true });
    const found = messages.find((one) => one.subject === subject && one.labels.includes("received"));
    if (found === undefined) return null;
    const path = `/v0/inboxes/${inbox}/messages/${encodeURIComponent(found.messageId)}`;
    return { ...found, authentication: (await at.request("GET", path)).body["authentication"] };
  });
}

const sendFromAnn = (to: string, subject: string) =>
  north.client().inboxes.messages.send(ann, { to, subject, text: "Hi" });

const eventAbout = (type: string, key: string, messageId: string) =>
  eventually(`${type} is told`, async () => {
    // Cast: payloads of the three types that are listened to.
    const of = (event: (typeof told)[number]) => event[key] as Record<string, unknown> | undefined;
    return told.find((event) => event.event_type === type && of(event)?.["message_id"] === messageId);
  });

const suppressed = async (): Promise<unknown> =>
  (await north.request("GET", `/v0/pods/${pod}/suppressions`)).body["suppressions"];

const passes = (domain: string) => ({
  spf: { result: "pass", domain: `mail.${domain}`, identity: "mailfrom" },
  dkim: [
    { result: "pass", domain },
    { result: "pass", domain },
  ],
  dmarc: { result: "pass", domain, policy: "reject" },
});

test("domains that are verified by their records, and not trusted, exchange mail that passes SPF, DKIM and DMARC both ways", async () => {
  for (const [at, domain] of [
    [north, "agents.test"],
    [south, "south.test"],
  ] as const) {
    const { body } = await at.request("GET", `/v0/domains/${domain}`);
    expect(body).toMatchObject({ status: "VERIFIED" });
    expect(body["trusted"] ?? false).toBe(false);
  }
  const sent = await sendFromAnn(bob, "Question");
  const question = await arrived(south, bob, "Question");
  expect(question).toMatchObject({ messageId: sent.messageId, authentication: passes("agents.test") });
  expect(question.labels).toEqual(["received", "unread"]);
  await south.client().inboxes.messages.reply(bob, sent.messageId, { text: "Answer" });
  const answer = await arrived(north, ann, "Re: Question");
  expect(answer).toMatchObject({ threadId: sent.threadId, authentication: passes("south.test") });
  expect(answer.labels).toEqual(["received", "unread"]);
});

test("a report of non-delivery comes back as an event, a state, a label and a suppression, and further mail is refused", async () => {
  const { messageId } = await sendFromAnn("returned@outside.test", "Lost");
  await eventAbout("message.delivered", "delivery", messageId);
  expect(await eventAbout("message.bounced", "bounce", messageId)).toMatchObject({
    type: "event",
    bounce: {
      inbox_id: ann,
      pod_id: pod,
      thread_id: expect.any(String),
      timestamp: expect.any(String),
      type: "Permanent",
      sub_type: "NoEmail",
      recipients: [{ address: "returned@outside.test", status: "5.1.1" }],
    },
  });
  const { body } = await north.request("GET", `/v0/inboxes/${ann}/deliveries?domain=outside.test`);
  expect(body["deliveries"]).toMatchObject([
    {
      state: "bounced",
      recipients: [{ state: "bounced", reply: "550 5.1.1 no such user inside" }],
    },
  ]);
  expect((await north.client().inboxes.messages.get(ann, messageId)).labels).toEqual(["sent", "bounced"]);
  expect(await suppressed()).toMatchObject([{ address: "returned@outside.test", cause: "bounce" }]);
  expect(await failure(sendFromAnn("returned@outside.test", "Again"))).toMatchObject({
    status: 403,
    body: { code: "message_rejected" },
  });
  const entries = await north.client().pods.lists.list(pod, "send", "block");
  expect(entries.entries).toMatchObject([{ entry: "returned@outside.test", readOnly: true }]);
  expect(
    await failure(north.client().pods.lists.delete(pod, "send", "block", "returned@outside.test")),
  ).toMatchObject({ status: 403 });
  await north.request("DELETE", `/v0/pods/${pod}/suppressions/returned@outside.test`);
  await sendFromAnn("returned@outside.test", "Again");
});

test("a complaint at the domain's abuse address comes back as an event with a sub-type, and an automatic reply as mail", async () => {
  const { messageId } = await sendFromAnn("cross@outside.test", "Offer");
  await eventAbout("message.delivered", "delivery", messageId);
  const mail = outside.messages.find(({ to }) => to.includes("cross@outside.test"));
  const returnPath = mail?.from ?? "";
  expect(returnPath).toMatch(/^bounces\+[a-z2-7]{45}@mail\.agents\.test$/);
  const away = "From: cross@outside.test\r\nSubject: Away\r\nAuto-Submitted: auto-replied\r\n\r\nMonday.\r\n";
  await returner.send("", returnPath, away);
  expect(await arrived(north, ann, "Away")).toMatchObject({ from: "cross@outside.test" });
  const outcome = await returner.send("feedback@outside.test", "abuse@agents.test", complaintOf(returnPath));
  expect(outcome.recipients).toMatchObject([{ kind: "accepted" }]);
  expect(await eventAbout("message.complained", "complaint", messageId)).toMatchObject({
    complaint: { type: "abuse", sub_type: "", recipients: ["cross@outside.test"] },
  });
  expect((await north.client().inboxes.messages.get(ann, messageId)).labels).toEqual(["sent", "complained"]);
});

test("a report that a stranger forges is refused, or is mail like any other", async () => {
  const { messageId } = await sendFromAnn("fine@outside.test", "Fine");
  await eventAbout("message.delivered", "delivery", messageId);
  const returnPath = outside.messages.find(({ to }) => to.includes("fine@outside.test"))?.from ?? "";
  const report = reportOf("fine@outside.test", "5.1.1", "550 5.1.1 gone");
  const altered = returnPath.replace(/[a-z2-7](?=@)/, (last) => (last === "q" ? "a" : "q"));
  for (const to of [altered, "bounces@mail.agents.test", "bounces+x@mail.agents.test"])
    expect((await returner.send("", to, report)).recipients, to).toMatchObject([
      { kind: "refused", enhancedCode: "5.1.1" },
    ]);
  await returner.send("", ann, report);
  await arrived(north, ann, "Undelivered Mail Returned to Sender");
  await returner.send("", "abuse@agents.test", complaintOf(altered));
  expect((await north.client().inboxes.messages.get(ann, messageId)).labels).toEqual(["sent"]);
});
