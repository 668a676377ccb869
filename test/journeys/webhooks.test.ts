/** A mail's way to the endpoints that listen, and that one of them cannot hold up another. */
import type { IncomingHttpHeaders } from "node:http";
import pg from "pg";
import { Webhook } from "svix";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { sendMail } from "../support/smtp-client.ts";
import { openSockets, type Sockets } from "../support/sockets.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

interface Told {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let app: TestApp;
let sockets: Sockets;
let port: number;
let told: Told[];
/** Answers that are held back. */
let held: (() => void)[];
let burstIsHeld = true;
let worker: pg.Client;

beforeAll(async () => {
  app = await testApp();
  told = [];
  held = [];
  worker = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_worker" });
  await worker.connect();
  sockets = openSockets();
  port = await sockets.http(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    told.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() });
    // An endpoint under /dead takes the request and never answers.
    if (request.url?.startsWith("/dead")) return;
    const answer = (): void => void response.writeHead(204).end();
    if (request.url === "/slow" || (request.url === "/burst" && burstIsHeld)) held.push(answer);
    else answer();
  });
});
afterAll(async () => {
  await sockets.end();
  await worker.end();
  await app.stop();
});

const urlOf = (path: string) => `http://127.0.0.1:${port}${path}`;
const mail = (id: string) =>
  `From: a@outside.test\r\nSubject: ${id}\r\nMessage-ID: <${id}@outside.test>\r\n\r\nHello from ${id}`;
const toldAt = (path: string): Told[] => told.filter((one) => one.path === path);

/** States of deliveries to endpoints on this path. */
async function deliveriesTo(path: string): Promise<{ state: string; attempts: number; count: number }[]> {
  const sql = `select d.state, d.attempts, count(*)::integer from webhook_deliveries d
    join webhooks w on w.id = d.webhook_id where w.url like '%' || $1 || '%' group by 1, 2`;
  return (await worker.query(sql, [path])).rows;
}
async function failing(path: string): Promise<boolean | undefined> {
  const sql = "select failing_since is not null as failing from webhooks where url like '%' || $1";
  return (await worker.query(sql, [path])).rows[0]?.failing;
}

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

test("a mail received by SMTP is delivered, signed, to the endpoints that listen there and to no others", async () => {
  const [one, two] = [await makeTenant("one", "/one"), await makeTenant("two", "/two")];
  await arrive(one.address, "first");
  await eventually("the webhook", async () => toldAt("/one").length > 0);
  await arrive(two.address, "second");
  await eventually("the other webhook", async () => toldAt("/two").length > 0);
  expect([toldAt("/one").length, toldAt("/two").length]).toEqual([1, 1]);
  const [request] = toldAt("/one");
  if (request === undefined) throw new Error("nothing was delivered");
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

test("a slow endpoint gives up its slot, is called once, and counts as healthy when it answers", async () => {
  const slow = await makeTenant("slow", "/slow");
  await arrive(slow.address, "slow");
  await eventually("the endpoint noted as not answering", async () => (await failing("/slow")) === true);
  expect(await deliveriesTo("/slow")).toEqual([{ state: "pending", attempts: 0, count: 1 }]);
  for (const answer of held.splice(0)) answer();
  await eventually("its answer", async () => (await deliveriesTo("/slow"))[0]?.state === "delivered");
  expect(await failing("/slow")).toBe(false);
  expect(toldAt("/slow")).toHaveLength(1);
  expect(await deliveriesTo("/slow")).toEqual([{ state: "delivered", attempts: 1, count: 1 }]);
});

test("a burst to one endpoint delays no other endpoint, and each event of it is delivered once", async () => {
  const [burst, other] = [await makeTenant("burst", "/burst"), await makeTenant("other", "/other")];
  await Promise.all(Array.from({ length: 40 }, (_, index) => arrive(burst.address, `burst-${index}`)));
  await eventually("the burst", async () => toldAt("/burst").length > 0);
  await arrive(other.address, "other");
  await eventually("the other's", async () => toldAt("/other").length === 1);
  expect(toldAt("/burst").length).toBeLessThan(40);
  burstIsHeld = false;
  for (const answer of held.splice(0)) answer();
  const isOver = async (): Promise<boolean> =>
    (await deliveriesTo("/burst")).every(({ state }) => state === "delivered");
  await eventually("the rest", isOver);
  expect(await deliveriesTo("/burst")).toEqual([{ state: "delivered", attempts: 1, count: 40 }]);
  expect(toldAt("/burst")).toHaveLength(40);
  expect(new Set(toldAt("/burst").map(({ headers }) => headers["svix-id"])).size).toBe(40);
});

test("endpoints that never answer delay no other tenant's, even when they outnumber the slots", async () => {
  const dead: Tenant[] = [];
  for (let index = 0; index < 12; index++) dead.push(await makeTenant(`dead${index}`, `/dead/${index}`));
  const healthy = await makeTenant("healthy", "/healthy");
  const backlog = dead.flatMap(({ address }) =>
    Array.from({ length: 4 }, (_, index) => arrive(address, `${address.split("@")[0]}-${index}`)),
  );
  await Promise.all(backlog);
  await arrive(healthy.address, "healthy-0");
  await eventually("the first delivery to the healthy one", async () => toldAt("/healthy").length === 1);
  // None of the others had ended: nothing waited for them.
  expect(await deliveriesTo("/dead/")).toEqual([{ state: "pending", attempts: 0, count: backlog.length }]);
  // A share of the slots before it is known to fail, and two since.
  for (const [index] of dead.entries()) expect(toldAt(`/dead/${index}`).length).toBeLessThanOrEqual(4);
  await Promise.all(Array.from({ length: 9 }, (_, index) => arrive(healthy.address, `healthy-${index + 1}`)));
  await eventually("all deliveries to the healthy one", async () => toldAt("/healthy").length === 10);
});
