/** Mail from inboxes here to servers of the test internet, and between two installations. */
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { byLocalPart } from "../support/internet/behaviours.ts";
import { type Internet, startInternet } from "../support/internet/internet.ts";
import type { MailHost } from "../support/internet/mail-host.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let internet: Internet;
let host: MailHost;
let app: TestApp;
let worker: pg.Client;
beforeAll(async () => {
  internet = await startInternet();
  host = await internet.domain("outside.test", { answer: byLocalPart });
  app = await testApp({
    ROOKERY_OUTBOUND: "direct",
    ROOKERY_OUTBOUND_PORT: String(internet.port),
    ROOKERY_DNS_SERVERS: internet.dns.server,
    ROOKERY_DOMAIN: "sender.test",
  });
  await trustOwn(app);
  worker = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_worker" });
  await worker.connect();
});
afterAll(async () => {
  await worker.end();
  await app.stop();
  internet.close();
});

/** Mail from the server's own domain leaves once that is verified, or trusted as here. */
async function trustOwn(at: TestApp): Promise<void> {
  const { body } = await at.request("PUT", "/v0/installation/domain");
  expect((await at.request("PUT", `/v0/domains/${String(body["domain"])}/trust`)).status).toBe(200);
}

interface Row {
  readonly state: string;
  readonly mx: string | null;
  readonly tls: string | null;
  readonly reply: string | null;
  readonly enhanced_code: string | null;
}

async function deliveryOf(messageId: string, domain: string): Promise<Row | undefined> {
  const { rows } = await worker.query<Row>(
    `select o.state, o.mx, o.tls, o.reply, o.enhanced_code from outbound_deliveries o
      join messages m on m.pod_id = o.pod_id and m.id = o.message_uuid where m.message_id = $1 and o.domain = $2`,
    [messageId, domain],
  );
  return rows[0];
}

test("mail to other servers arrives, is refused or is put off, and its delivery says by whom, how and why", async () => {
  const { inboxId } = await app.client().inboxes.create({ username: "agent" });
  const send = async (to: string[]): Promise<string> =>
    (await app.client().inboxes.messages.send(inboxId, { to, subject: "Gr\u00fc\u00dfe", text: "Hello" }))
      .messageId;
  const ends = async (to: string, state: string): Promise<Row> => {
    const messageId = await send([to]);
    const domain = to.split("@")[1] ?? "";
    await eventually(`${to} is ${state}`, async () => (await deliveryOf(messageId, domain))?.state === state);
    const row = await deliveryOf(messageId, domain);
    if (row === undefined) throw new Error("the row is gone");
    return row;
  };
  expect(await ends("friend@outside.test", "sent")).toMatchObject({
    mx: "mx.outside.test",
    tls: expect.stringMatching(/^TLSv1\.3/),
    reply: "250 2.0.0 taken",
    enhanced_code: "2.0.0",
  });
  const [mail] = host.messages;
  expect(mail).toMatchObject({ to: ["friend@outside.test"] });
  expect(mail?.raw).toMatch(/^Message-ID: <[^>]+>\r\n/m);
  expect(mail?.raw.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  expect(await ends("unknown@outside.test", "bounced")).toMatchObject({ enhanced_code: "5.1.1" });
  expect(await ends("later@outside.test", "deferred")).toMatchObject({ enhanced_code: "4.3.0" });
  expect(await ends("friend@absent.test", "bounced")).toMatchObject({ enhanced_code: "5.1.2", mx: null });
});

test("mail whose MX records lead into the operator's own network, or back here, bounces unless the operator allows it", async () => {
  const inside = await internet.domain("inside.test");
  internet.zone({
    "back.test": { MX: ["10 guarded.test"] },
    "many.test": { MX: Array.from({ length: 1000 }, (_, index) => `${index} h${index}.many.test`) },
    "*.many.test": ["127.0.0.1"],
  });
  const guarded = await testApp({
    ROOKERY_ALLOW_PRIVATE_TARGETS: "0",
    ROOKERY_OUTBOUND: "direct",
    ROOKERY_OUTBOUND_PORT: String(internet.port),
    ROOKERY_DNS_SERVERS: internet.dns.server,
    ROOKERY_DOMAIN: "guarded.test",
  });
  try {
    await trustOwn(guarded);
    const { inboxId } = await guarded.client().inboxes.create({ username: "agent" });
    for (const [domain, enhancedCode] of [
      ["inside.test", "5.4.4"],
      ["back.test", "5.4.6"],
      ["many.test", "5.4.4"],
    ] as const) {
      await guarded.client().inboxes.messages.send(inboxId, { to: [`b@${domain}`], text: "Hello" });
      const path = `/v0/inboxes/${inboxId}/deliveries?domain=${domain}`;
      const delivery = await eventually(`mail to ${domain} has bounced`, async () => {
        const { body } = await guarded.request("GET", path);
        // Cast: what the API shows.
        const [first] = body["deliveries"] as Record<string, unknown>[];
        return first?.["state"] === "bounced" ? first : null;
      });
      expect(delivery, domain).toMatchObject({ enhanced_code: enhancedCode });
    }
    expect(inside.connections()).toBe(0);
  } finally {
    await guarded.stop();
  }
});

test("two installations find each other by MX records, and an answer arrives in the thread of what it answers", async () => {
  const installation = (domain: string, address: string): Promise<TestApp> => {
    internet.zone({ [domain]: { MX: [`10 mx.${domain}`] }, [`mx.${domain}`]: [address] });
    return testApp({
      ROOKERY_HOST: address,
      ROOKERY_SMTP_PORT: String(internet.port),
      ROOKERY_DOMAIN: domain,
      ROOKERY_OUTBOUND: "direct",
      ROOKERY_OUTBOUND_PORT: String(internet.port),
      ROOKERY_DNS_SERVERS: internet.dns.server,
    });
  };
  const [north, south] = await Promise.all([
    installation("north.test", "127.0.0.101"),
    installation("south.test", "127.0.0.102"),
  ]);
  try {
    await Promise.all([trustOwn(north), trustOwn(south)]);
    const { inboxId: ann } = await north.client().inboxes.create({ username: "ann" });
    const { inboxId: bob } = await south.client().inboxes.create({ username: "bob" });
    const arrived = async (at: TestApp, inbox: string) => {
      const { messages } = await at.client().inboxes.messages.list(inbox, { labels: ["received"] });
      return messages[0];
    };
    const sent = await north.client().inboxes.messages.send(ann, { to: [bob], subject: "Hello", text: "Hi" });
    await eventually("bob has it", async () => (await arrived(south, bob)) !== undefined);
    const atBob = await arrived(south, bob);
    expect(atBob).toMatchObject({ messageId: sent.messageId, from: expect.stringContaining(ann) });
    await south.client().inboxes.messages.reply(bob, sent.messageId, { text: "Hi yourself" });
    await eventually("ann has the answer", async () => (await arrived(north, ann)) !== undefined);
    expect(await arrived(north, ann)).toMatchObject({ threadId: sent.threadId });
  } finally {
    await Promise.all([north.stop(), south.stop()]);
  }
});
