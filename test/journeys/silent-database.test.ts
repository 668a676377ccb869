/** The line to the database fails without a word, and answers to COMMIT are lost: nothing hangs, and what was done is said to be. */
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { settlesWithin } from "../../src/lib/settles-within.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { COMMITTED, type DatabaseLine, openDatabaseLine } from "../support/database-line.ts";
import { eventually } from "../support/eventually.ts";
import { offerMail, sendMail } from "../support/smtp-client.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let database: TestDatabase;
let line: DatabaseLine;
let app: TestApp;
let inbox: string;

beforeEach(async () => {
  database = await createDatabase();
  line = await openDatabaseLine(database.url);
  // What is lost is logged as an error each time, and is what this test is about.
  app = await testApp({ DATABASE_URL: line.url, ROOKERY_LOG_LEVEL: "silent" });
  inbox = (await app.client().inboxes.create({ username: "desk" })).inboxId;
});
afterEach(async () => {
  // On a silent line some parts cannot sign off, which it says.
  await app.stop().catch(() => undefined);
  await line.end();
  await database.drop();
});

async function rows<Row>(statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: database.url, options: "-c role=rookery_worker" });
  await client.connect();
  try {
    // Cast: what the statement selects.
    return (await client.query(statement)).rows as Row[];
  } finally {
    await client.end();
  }
}

const json = { "content-type": "application/json" };

const send = (text: string) =>
  app.request("POST", `/v0/inboxes/${inbox}/messages/send`, {
    body: { to: "customer@elsewhere.test", subject: text, text },
    headers: json,
  });

const rawMail = (id: string): string => `From: a@outside.test\r\nMessage-ID: ${id}\r\n\r\nHello`;

const mail = (id: string): Promise<string> => sendMail(app.smtpPort, "a@outside.test", [inbox], rawMail(id));

/** Of a mail that perhaps cannot be taken: the first reply that is none of success. */
const tryMail = (id: string): Promise<string> =>
  offerMail(app.smtpPort, "a@outside.test", [inbox], rawMail(id));

const isReady = async (): Promise<boolean> => (await app.request("GET", "/readyz")).status === 200;

test("a send, a mail and a job whose COMMIT got no answer are done once, and answered as done", async () => {
  let turn = 0;
  line.cutAnswers(COMMITTED, () => ++turn % 3 === 0);
  const answers: { status: number; body: Record<string, unknown> }[] = [];
  const replies: string[] = [];
  const sending = async (lane: number): Promise<void> => {
    for (let index = 0; index < 12; index++) answers.push(await send(`${lane}-${index}`));
  };
  const mailing = async (): Promise<void> => {
    for (let index = 0; index < 12; index++) replies.push(await mail(`<${index}@outside.test>`));
  };
  await Promise.all([sending(1), sending(2), sending(3), mailing()]);
  expect(line.cuts()).toBeGreaterThan(10);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(replies.filter((reply) => !reply.startsWith("250"))).toEqual([]);
  const sent = await rows<{ message_id: string }>(
    "select message_id from messages where direction = 'outbound'",
  );
  expect(sent.map((row) => row.message_id).toSorted()).toEqual(
    answers.map(({ body }) => String(body["message_id"])).toSorted(),
  );
  expect(await rows("select from messages where direction = 'inbound'")).toHaveLength(12);
  await eventually("every copy", async () => {
    const queued = await rows("select from outbound_deliveries where state = 'queued'");
    return queued.length === 0;
  });
  expect(await rows("select from outbound_deliveries")).toHaveLength(answers.length);
});

test("a transaction whose COMMIT never reached PostgreSQL is done by another, once", async () => {
  // What was sent before the line fell silent is rolled back when PostgreSQL gives the transaction up.
  await send("before");
  line.silence();
  const { status } = await send("meanwhile");
  expect([200, 503]).toContain(status);
  await eventually("ready", isReady);
  expect((await send("after")).status).toBe(200);
  const subjects = (await rows<{ subject: string }>("select subject from messages")).map(
    (row) => row.subject,
  );
  expect(subjects.toSorted()).toEqual(
    status === 200 ? ["after", "before", "meanwhile"] : ["after", "before"],
  );
});

test("while its connections are silent it says so, and serves again when new ones work", async () => {
  expect(await isReady()).toBe(true);
  line.silence();
  line.admit("ignore");
  expect((await app.request("GET", "/readyz")).status).toBe(503);
  const [answer, reply] = await Promise.all([send("meanwhile"), tryMail("<meanwhile@outside.test>")]);
  expect([answer.status, reply.slice(0, 3)]).toEqual([503, "451"]);
  line.admit("refuse");
  expect((await send("refused")).status).toBe(503);
  line.admit("pass");
  await eventually("ready", isReady);
  // Ready is one connection that works: others of the pool may be found silent after it.
  await eventually("a send", async () => (await send("after")).status === 200);
  await eventually("a mail", async () =>
    (await mail("<after@outside.test>").catch((error: Error) => error.message)).startsWith("250"),
  );
});

test("keys that another process revokes are refused again after the line it listens on was silent", async () => {
  const { body } = await app.request("POST", "/v0/api-keys", { body: { name: "other" }, headers: json });
  const [apiKey, apiKeyId] = [String(body["api_key"]), String(body["api_key_id"])];
  line.silence();
  await eventually("ready", isReady);
  const listens = async (): Promise<boolean> =>
    (
      await rows(
        "select from pg_stat_activity where application_name = 'rookery_listen' and datname = current_database()",
      )
    ).length > 0;
  await eventually("listening", listens);
  const call = () => app.request("GET", "/v0/inboxes", { key: apiKey });
  // Ready is one connection that works: others of the pool may be found silent after it.
  await eventually("the key at work", async () => (await call()).status === 200);
  await rows(
    `delete from api_keys where id = '${apiKeyId}'; select pg_notify('rookery_keys', '${apiKeyId}')`,
  );
  await eventually("the refusal", async () => (await call()).status === 403);
});

test("it stops though nothing answers", async () => {
  line.silence();
  line.admit("ignore");
  const hanging = Promise.allSettled([send("hangs"), tryMail("<hangs@outside.test>")]);
  await expect(app.request("GET", "/readyz")).resolves.toMatchObject({ status: 503 });
  expect(
    await settlesWithin(
      15_000,
      app.stop().catch(() => undefined),
    ),
  ).toBe(true);
  await hanging;
});
