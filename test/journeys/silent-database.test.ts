/** The line to the database fails without a word, and answers to COMMIT are lost: nothing hangs, and what was done is said to be. */
import pg from "pg";
import { expect, type TestContext, test } from "vitest";
import { settlesWithin } from "../../src/lib/settles-within.ts";
import { createDatabase } from "../support/database.ts";
import { COMMITTED, type DatabaseLine, openDatabaseLine } from "../support/database-line.ts";
import { eventually } from "../support/eventually.ts";
import { offerMail, sendMail } from "../support/smtp-client.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

interface Surroundings {
  readonly line: DatabaseLine;
  readonly app: TestApp;
  /** Selects as the worker role. */
  readonly rows: <Row>(statement: string) => Promise<Row[]>;
  /** By the API, from the one inbox. */
  readonly send: (text: string) => ReturnType<TestApp["request"]>;
  /** To it, by SMTP. */
  readonly mail: (id: string) => Promise<string>;
  /** Of a mail that perhaps cannot be taken: the first reply that is none of success. */
  readonly tryMail: (id: string) => Promise<string>;
  readonly isReady: () => Promise<boolean>;
}

/** A Rookery with one inbox behind a line of its own, for one test: those below wait for deadlines, and do it at the same time. */
async function surroundings({ onTestFinished }: TestContext): Promise<Surroundings> {
  const database = await createDatabase();
  onTestFinished(() => database.drop());
  const line = await openDatabaseLine(database.url);
  onTestFinished(() => line.end());
  // What is lost is logged as an error each time, and is what this test is about.
  const app = await testApp({ DATABASE_URL: line.url, ROOKERY_LOG_LEVEL: "silent" });
  // On a silent line some parts cannot sign off, which it says.
  onTestFinished(() => app.stop().catch(() => undefined));
  const inbox = (await app.client().inboxes.create({ username: "desk" })).inboxId;
  return {
    line,
    app,
    rows: (statement) => selectAsWorker(database.url, statement),
    send: (text) =>
      app.request("POST", `/v0/inboxes/${inbox}/messages/send`, {
        body: { to: "customer@elsewhere.test", subject: text, text },
        headers: json,
      }),
    mail: (id) => sendMail(app.smtpPort, "a@outside.test", [inbox], rawMail(id)),
    tryMail: (id) => offerMail(app.smtpPort, "a@outside.test", [inbox], rawMail(id)),
    isReady: async () => (await app.request("GET", "/readyz")).status === 200,
  };
}

async function selectAsWorker<Row>(connectionString: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString, options: "-c role=rookery_worker" });
  await client.connect();
  try {
    // Cast: what the statement selects.
    return (await client.query(statement)).rows as Row[];
  } finally {
    await client.end();
  }
}

const json = { "content-type": "application/json" };

const rawMail = (id: string): string => `From: a@outside.test\r\nMessage-ID: ${id}\r\n\r\nHello`;

test.concurrent("a send, a mail and a job whose COMMIT got no answer are done once, and answered as done", async (context) => {
  const { line, rows, send, mail } = await surroundings(context);
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

test.concurrent("a transaction whose COMMIT never reached PostgreSQL is done by another, once", async (context) => {
  const { line, rows, send, isReady } = await surroundings(context);
  // What was sent before the line fell silent is rolled back when PostgreSQL gives the transaction up.
  await send("before");
  line.silence();
  const { status } = await send("meanwhile");
  expect([200, 503]).toContain(status);
  await eventually("ready", isReady);
  // Ready is one connection that works: others of the pool may be found silent after it.
  await eventually("a send", async () => (await send("after")).status === 200);
  const subjects = (await rows<{ subject: string }>("select subject from messages")).map(
    (row) => row.subject,
  );
  expect(subjects.toSorted()).toEqual(
    status === 200 ? ["after", "before", "meanwhile"] : ["after", "before"],
  );
});

test.concurrent("while its connections are silent it says so, and serves again when new ones work", async (context) => {
  const { line, app, send, mail, tryMail, isReady } = await surroundings(context);
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

test.concurrent("keys that another process revokes are refused again after the line it listens on was silent", async (context) => {
  const { line, app, rows, isReady } = await surroundings(context);
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

test.concurrent("it stops though nothing answers", async (context) => {
  const { line, app, send, tryMail } = await surroundings(context);
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
