/** Mail that leaves through a smarthost: the envelope it has there, and what comes back of it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { publish } from "../support/domain-records.ts";
import { eventually } from "../support/eventually.ts";
import { type Internet, startInternet } from "../support/internet/internet.ts";
import type { MailHost } from "../support/internet/mail-host.ts";
import { type Returner, reportOf, startReturner } from "../support/internet/returner.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

const OWN = "127.0.0.121";

let internet: Internet;
let smarthost: MailHost;
let returner: Returner;
let app: TestApp;
let pod: string;
let ann: string;
beforeAll(async () => {
  internet = await startInternet();
  smarthost = await internet.host("smart.test");
  returner = startReturner(internet, smarthost);
  internet.zone({ "own.test": { A: [OWN] } });
  app = await testApp({
    ROOKERY_HOST: OWN,
    ROOKERY_SMTP_PORT: String(internet.port),
    ROOKERY_DOMAIN: "own.test",
    ROOKERY_OUTBOUND: "relay",
    ROOKERY_RELAY_URL: `smtp://smart.test:${internet.port}`,
    ROOKERY_DNS_SERVERS: internet.dns.server,
  });
  pod = (await app.client().pods.create({})).podId;
  const made = await app.client().pods.domains.create(pod, { domain: "agents.test", feedbackEnabled: false });
  publish(internet.dns.zone, made);
  await app.client().domains.verify(made.domainId);
  ann = (await app.client().pods.inboxes.create(pod, { username: "ann", domain: "agents.test" })).inboxId;
});
afterAll(async () => {
  returner.close();
  await app.stop();
  internet.close();
});

const send = async (to: string): Promise<string> =>
  (await app.client().inboxes.messages.send(ann, { to, subject: "Hello", text: "Hi" })).messageId;

async function deliveryTo(domain: string, state: string): Promise<Record<string, unknown>> {
  return eventually(`mail to ${domain} is ${state}`, async () => {
    const { body } = await app.request("GET", `/v0/inboxes/${ann}/deliveries?domain=${domain}`);
    // Cast: what the API shows.
    const [delivery] = body["deliveries"] as Record<string, unknown>[];
    return delivery?.["state"] === state ? delivery : null;
  });
}

const suppressed = async (): Promise<unknown> =>
  (await app.request("GET", `/v0/pods/${pod}/suppressions`)).body["suppressions"];

test("the smarthost is handed a return path of ours, and its report comes back to it as a bounce", async () => {
  const messageId = await send("returned@nowhere.test");
  const delivery = await deliveryTo("nowhere.test", "bounced");
  expect(delivery).toMatchObject({
    mx: "smart.test",
    recipients: [
      { address: "returned@nowhere.test", state: "bounced", reply: "550 5.1.1 no such user inside" },
    ],
  });
  expect(smarthost.messages[0]?.from).toMatch(/^bounces\+[a-z2-7]{45}@mail\.agents\.test$/);
  expect((await app.client().inboxes.messages.get(ann, messageId)).labels).toEqual(["sent", "bounced"]);
  expect(await suppressed()).toMatchObject([{ address: "returned@nowhere.test", cause: "bounce" }]);
});

test("a smarthost that rewrites the return path and sends reports to it is not heard; one that sends them on to ours is", async () => {
  await send("fine@rewritten.test");
  await deliveryTo("rewritten.test", "sent");
  const returnPath = smarthost.messages.find(({ to }) => to.includes("fine@rewritten.test"))?.from ?? "";
  const report = reportOf("fine@rewritten.test", "5.1.1", "550 5.1.1 gone");
  // To the author, as some do: mail, which anybody might have written.
  await returner.send("", ann, report);
  expect(await deliveryTo("rewritten.test", "sent")).toBeDefined();
  await returner.send("srs0=abc@smart.test", returnPath, report);
  await deliveryTo("rewritten.test", "bounced");
});

test("a smarthost that refuses the return path keeps the mail waiting, says why, and nobody is suppressed for it", async () => {
  const before = await suppressed();
  const { answer } = smarthost.script;
  smarthost.script = {
    answer: (step, line, session) =>
      step === "MAIL"
        ? "553 sender address rejected: not owned by user"
        : (answer?.(step, line, session) ?? null),
  };
  const messageId = await send("ben@refused.test");
  expect(await deliveryTo("refused.test", "deferred")).toMatchObject({
    reply: "553 sender address rejected: not owned by user",
  });
  expect(await suppressed()).toEqual(before);
  expect((await app.client().inboxes.messages.get(ann, messageId)).labels).toEqual(["sent"]);
});
