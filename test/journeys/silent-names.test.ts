/** Endpoints at names that no server answers for: they are their tenant's trouble alone, and do not hold up the end of the process. */
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type NameServer, startNameServer } from "../support/internet/name-server.ts";
import { sendMail } from "../support/smtp-client.ts";
import { openSockets, type Sockets } from "../support/sockets.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

const ENDPOINTS = 40;

let dns: NameServer;
let app: TestApp;
let sockets: Sockets;
let port: number;
let told: string[];
let worker: pg.Client;
let isStopped = false;
beforeAll(async () => {
  const names = Array.from({ length: ENDPOINTS }, (_, index) => `silent-${index}.test`);
  dns = await startNameServer({
    ...Object.fromEntries(names.map((name) => [name, "silent"])),
    "well.test": ["127.0.0.1"],
  });
  app = await testApp({ ROOKERY_DNS_SERVERS: dns.server });
  told = [];
  sockets = openSockets();
  port = await sockets.http((request, response) => {
    told.push(request.headers.host ?? "");
    request.resume();
    response.writeHead(204).end();
  });
  worker = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_worker" });
  await worker.connect();
});
afterAll(async () => {
  if (!isStopped) {
    await worker.end();
    await app.stop();
  }
  await sockets.end();
  dns.close();
});

/** A pod with an inbox and endpoints that listen to it. @returns the inbox's address */
async function makeTenant(username: string, urls: readonly string[]): Promise<string> {
  const { podId } = await app.client().pods.create({});
  const { inboxId } = await app.client().pods.inboxes.create(podId, { username });
  for (const url of urls)
    await app.client().pods.webhooks.create(podId, { url, eventTypes: ["message.received"] });
  return inboxId;
}

async function arrive(address: string, id: string): Promise<void> {
  const mail = `From: a@outside.test\r\nSubject: ${id}\r\nMessage-ID: <${id}@outside.test>\r\n\r\nHello`;
  expect(await sendMail(app.smtpPort, "a@outside.test", [address], mail)).toMatch(/^250 /);
}

test("a neighbour's webhooks come meanwhile, by the name that the configured server knows, and the process ends", async () => {
  const silent = await makeTenant(
    "silent",
    Array.from({ length: ENDPOINTS }, (_, index) => `http://silent-${index}.test/`),
  );
  const well = await makeTenant("well", [`http://well.test:${port}/`]);
  for (let index = 0; index < 3; index++) await arrive(silent, `silent-${index}`);
  await eventually("the questions", async () => dns.questions.some((one) => one.includes("silent")));
  for (let index = 0; index < 5; index++) await arrive(well, `well-${index}`);
  await eventually("the neighbour's webhooks", async () => told.length === 5);
  expect(told).toEqual(Array(5).fill(`well.test:${port}`));
  const { rows } = await worker.query(
    "select distinct state from webhook_deliveries where state <> 'delivered'",
  );
  expect(rows).toEqual([{ state: "pending" }]);
  await worker.end();
  await app.stop();
  isStopped = true;
});
