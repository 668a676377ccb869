/** What an earlier version stored is all there behind the migrations since, and goes on: mail, threads, keys, search, counts, and what was on its way. */
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import pg from "pg";
import { Webhook } from "svix";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openExternal } from "../../src/storage/engines/external.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { openSockets } from "../support/sockets.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

/** The newest migration of the version whose rows the fixture has. */
const NEWEST = "0019_guardrails.sql";
const rows = new URL("./fixtures/at-0019.sql", import.meta.url);
const migrations = fileURLToPath(new URL("../../migrations", import.meta.url));
/** Where the endpoint of its webhook was. */
const ENDPOINT = "http://127.0.0.1:8099";
const SECRET = "whsec_bUqlmi1E+Y2EpqV8bdUrvYevf8gj3/fo";
const SEAL_KEY = "6959eab62a52606cecf71cd2c84f14d5fe295ef43d89843273e0389eca9271c9";
const ROOT_KEY = "am_us_178d2536694e8a7b346cdd4ee4d789cec5bf0837fb160d9d05b49b6aeb4ac979";
const POD_KEY = "am_us_pod_2b3fd21ecf033b156f555f190ff776877bf727721aa1ba97030c49e7b5195bd0";
const INBOX_KEY = "am_us_inbox_16e2d0aadac7f4215aa7489b4aef43e4930ce19787fe9339aca09cacaa197692";
const [SUPPORT, SALES, DESK] = [
  "support@rookery.localhost",
  "sales@rookery.localhost",
  "desk@rookery.localhost",
] as const;
const THREAD = "01a21d55-02f1-7001-b081-9cefe6ee4f69";

const sockets = openSockets();
const delivered: unknown[] = [];
let database: TestDatabase;
let app: TestApp;
beforeAll(async () => {
  const port = await sockets.http((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)]));
      new Webhook(SECRET).verify(body, headers);
      delivered.push(JSON.parse(body));
      response.end();
    });
  });
  database = await createDatabase("template0");
  await migrateTo(NEWEST);
  await load((await readFile(rows, "utf8")).replaceAll(ENDPOINT, `http://127.0.0.1:${port}`));
  app = await testApp({
    DATABASE_URL: database.url,
    ROOKERY_SEAL_KEY: SEAL_KEY,
    ROOKERY_API_KEY: ROOT_KEY,
  });
});
afterAll(async () => {
  await app.stop();
  await sockets.end();
  await database.drop();
});

async function migrateTo(newest: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rookery-migrations-"));
  for (const name of await readdir(migrations))
    if (name <= newest) await cp(join(migrations, name), join(folder, name));
  const applied = await migrate(await openExternal(database.url), pathToFileURL(`${folder}/`));
  expect(applied.at(-1)).toBe(newest);
  await rm(folder, { recursive: true });
}

/** As the owner of the tables, whom row-level security lets in for as long as it is not forced. The migrations made one row. */
async function load(statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows: forced } = await client.query<{ name: string }>(
    "select relname as name from pg_class where relforcerowsecurity",
  );
  const alter = (to: string): string => forced.map(({ name }) => `alter table ${name} ${to};`).join("");
  await client.query(
    `begin; ${alter("no force row level security")} delete from installation; ${statements}; set constraints all immediate; ${alter("force row level security")} commit`,
  );
  await client.end();
}

const get = async (path: string, key = ROOT_KEY) => {
  const { status, body } = await app.request("GET", `/v0${path}`, { key });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

test("keys of all scopes open what they opened, and nothing else", async () => {
  expect((await get("/pods"))["count"]).toBe(3);
  expect((await get("/inboxes"))["count"]).toBe(3);
  expect((await get("/inboxes", POD_KEY))["count"]).toBe(2);
  expect((await get("/inboxes", INBOX_KEY))["inboxes"]).toEqual([
    expect.objectContaining({ inbox_id: SUPPORT, display_name: "Acme Support", client_id: "support" }),
  ]);
  for (const [key, inbox] of [
    [POD_KEY, DESK],
    [INBOX_KEY, SALES],
  ] as const)
    expect((await app.request("GET", `/v0/inboxes/${inbox}`, { key })).status).toBe(404);
});

test("a thread has its messages and labels, an attachment its bytes, and mail that answers it now joins it", async () => {
  const thread = await get(`/threads/${THREAD}`, INBOX_KEY);
  expect(thread).toMatchObject({
    subject: "Invoice 4711 is wrong",
    message_count: 3,
    labels: expect.arrayContaining(["billing", "captured", "received", "sent"]),
    messages: [
      { message_id: "<invoice-1@buyer.example>", extracted_text: expect.stringContaining("480 euros") },
      { message_id: "<invoice-2@buyer.example>", in_reply_to: "<invoice-1@buyer.example>" },
      { text: expect.stringContaining("We look into it."), labels: expect.arrayContaining(["captured"]) },
    ],
    attachments: [{ filename: "invoice.pdf", content_type: "application/pdf" }],
  });
  const client = app.client(INBOX_KEY);
  const [attachment] = (await client.threads.get(THREAD)).attachments ?? [];
  const { downloadUrl } = await client.threads.getAttachment(THREAD, attachment?.attachmentId ?? "");
  expect(await (await fetch(downloadUrl)).text()).toBe("%PDF-1.4 not much of an invoice");
  const raw = await client.inboxes.messages.getRaw(SUPPORT, "<invoice-2@buyer.example>");
  expect(await (await fetch(raw.downloadUrl)).text()).toContain("\r\nAny news?\r\n");

  await client.inboxes.messages.reply(SUPPORT, "<invoice-2@buyer.example>", { text: "It was 420." });
  expect(await get(`/threads/${THREAD}`)).toMatchObject({ message_count: 4 });
});

test("mail of before is found by its words, and counted", async () => {
  const found = await eventually("the index of mail", async () => {
    const { messages } = await get(`/inboxes/${SUPPORT}/messages/search?q=parallelogram`, INBOX_KEY);
    return Array.isArray(messages) && messages.length === 2 && messages;
  });
  expect(found).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ message_id: "<invoice-1@buyer.example>" }),
      expect.objectContaining({ subject: "Price of the parallelogram" }),
    ]),
  );
  const counted = await eventually("the counts", async () => {
    const usage = await app.client().inboxes.metrics.queryUsage(SALES, {});
    return usage.message_count?.at(-1)?.value === 2 && usage;
  });
  expect(counted.storage_bytes?.at(-1)?.value).toBeGreaterThan(0);
});

test("what was on its way arrives, and what an endpoint was not there for is posted to it, signed with the secret it knows", async () => {
  await eventually("the mail that was queued", async () => {
    const { messages } = await get(`/inboxes/${SALES}/messages`);
    return Array.isArray(messages) && messages.some(({ subject }) => subject === "Left in the queue");
  });
  // Three of before, and one of the mail that was queued.
  await eventually("the deliveries", async () => delivered.length === 4);
  expect(delivered).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        message: expect.objectContaining({ message_id: "<invoice-2@buyer.example>" }),
      }),
    ]),
  );
});

test("names that clients gave still mean what they meant, and a list still blocks", async () => {
  const { pods, inboxes, webhooks } = app.client();
  const acme = await pods.create({ clientId: "acme" });
  expect(acme).toMatchObject({ name: "Acme" });
  expect((await inboxes.list()).count).toBe(3);
  expect((await webhooks.list()).webhooks).toEqual([
    expect.objectContaining({ secret: SECRET, eventTypes: ["message.received"], clientId: "hook" }),
  ]);
  expect(await get(`/inboxes/${SALES}/lists/receive/block`)).toMatchObject({
    entries: [{ entry: "spam.example", reason: "floods" }],
  });
});
