/** A mail's way to the endpoints that listen, and that one of them cannot hold up another. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";
import { Webhook } from "svix";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sendMail } from "../support/smtp-client.ts";
import { eventually, type TestApp, testApp } from "../support/test-app.ts";

interface Told {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let app: TestApp;
let receiver: Server;
let told: Told[];

beforeAll(async () => {
  app = await testApp();
  told = [];
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    told.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() });
    // An endpoint under /dead takes the request and never answers.
    if (!request.url?.startsWith("/dead")) response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  await app.stop();
});

const urlOf = (path: string) => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${path}`;
const mail = (id: string) =>
  `From: a@outside.test\r\nSubject: ${id}\r\nMessage-ID: <${id}@outside.test>\r\n\r\nHello from ${id}`;
const toldAt = (path: string): Told[] => told.filter((one) => one.path === path);

interface Tenant {
  readonly pod: string;
  readonly address: string;
  readonly secret: string;
}

/** A pod with an inbox, and with an endpoint that listens to the pod. */
async function makeTenant(username: string, path: string): Promise<Tenant> {
  const { podId } = await app.client().pods.create({});
  const { inboxId } = await app.client().pods.inboxes.create(podId, { username });
  const { secret } = await app
    .client()
    .pods.webhooks.create(podId, { url: urlOf(path), eventTypes: ["message.received"] });
  return { pod: podId, address: inboxId, secret };
}
const arrive = async (address: string, id: string): Promise<void> => {
  expect(await sendMail(app.smtpPort, "a@outside.test", [address], mail(id))).toMatch(/^250 /);
};

test("a mail that enters by SMTP is told, signed, to those who listen there and to nobody else", async () => {
  const [one, two] = [await makeTenant("one", "/one"), await makeTenant("two", "/two")];
  await arrive(one.address, "first");
  await eventually("the webhook", async () => toldAt("/one").length > 0);
  await arrive(two.address, "second");
  await eventually("the other webhook", async () => toldAt("/two").length > 0);
  expect([toldAt("/one").length, toldAt("/two").length]).toEqual([1, 1]);
  const [request] = toldAt("/one");
  if (request === undefined) throw new Error("nothing was told");
  const headers = request.headers as Record<string, string>;
  new Webhook(one.secret).verify(request.body, headers);
  expect(() => new Webhook(two.secret).verify(request.body, headers)).toThrow();
  expect(JSON.parse(request.body)).toMatchObject({
    type: "event",
    event_type: "message.received",
    pod_id: one.pod,
    message: {
      inbox_id: one.address,
      message_id: "<first@outside.test>",
      subject: "first",
      text: expect.stringContaining("Hello from first"),
      labels: expect.arrayContaining(["received", "unread"]),
    },
    thread: { inbox_id: one.address, message_count: 1 },
  });
  expect(request.body).not.toContain("second");
});

test("endpoints that never answer hold up no other tenant's", async () => {
  const dead: Tenant[] = [];
  // Two sends to each run at once: half of the lane in all, with a backlog behind each.
  for (let index = 0; index < 4; index++) dead.push(await makeTenant(`dead${index}`, `/dead/${index}`));
  const healthy = await makeTenant("healthy", "/healthy");
  const backlog = dead.flatMap(({ address }) =>
    Array.from({ length: 4 }, (_, index) => arrive(address, `${address.split("@")[0]}-${index}`)),
  );
  await Promise.all(backlog);
  await eventually("the dead endpoints being tried", async () =>
    dead.every((_, index) => toldAt(`/dead/${index}`).length > 0),
  );
  await Promise.all(Array.from({ length: 10 }, (_, index) => arrive(healthy.address, `healthy-${index}`)));
  await eventually("everything told to the healthy one", async () => toldAt("/healthy").length === 10);
  const worker = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_worker" });
  await worker.connect();
  const { rows } = await worker.query(
    "select d.state, count(*)::integer from webhook_deliveries d join webhooks w on w.id = d.webhook_id where w.url like '%/dead/%' group by 1",
  );
  await worker.end();
  // Not one of theirs was over: nobody waited for them.
  expect(rows).toEqual([{ state: "pending", count: backlog.length }]);
  for (const [index] of dead.entries()) expect(toldAt(`/dead/${index}`).length).toBeLessThanOrEqual(2);
});
