/** kill -9 at the worst moments: after the 250 nothing is lost, and nothing happens twice. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import { expect, type TestContext, test } from "vitest";
import { createDatabase } from "../support/database.ts";
import { postgresPid, query } from "../support/engine-process.ts";
import { eventually } from "../support/eventually.ts";
import { prepareCluster } from "../support/prepared-cluster.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { SmtpSession, sendMail } from "../support/smtp-client.ts";
import { openSockets } from "../support/sockets.ts";

interface Surroundings {
  readonly directory: string;
  /** Starts a server on the directory. */
  start(): Promise<{ server: ServerProcess; client: AgentMailClient }>;
  readonly hook: {
    readonly url: string;
    /** Message-IDs and svix ids delivered, in order. */
    readonly told: { messageId: string; svixId: string }[];
    /** False keeps the sender waiting. */
    isAnswering: boolean;
  };
  /** Number of rows of all tenants, in the database of the running server. */
  count(sql: string): Promise<number>;
}

/**
 * For one test: they wait for what a killed process had taken on, and do it at the same time.
 * @param postgres whether the server starts one of its own, which a kill leaves behind for the next start, or is on the run's
 */
async function surroundings(
  { onTestFinished }: TestContext,
  postgres: "own" | "of the run",
): Promise<Surroundings> {
  const directory = await mkdtemp(join(tmpdir(), "rookery-crash-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const database = postgres === "own" ? null : await createDatabase();
  if (database === null) await prepareCluster(directory);
  else onTestFinished(() => database.drop());
  const hook = await openHook(onTestFinished);
  let server: ServerProcess | null = null;
  onTestFinished(async () => void (await server?.end()));
  const connection =
    database === null
      ? { host: join(directory, "socket"), port: 5432, user: "postgres", database: "rookery" }
      : { connectionString: asWorker(database.url) };
  return {
    directory,
    hook,
    async start() {
      server = await startServer(directory, database === null ? {} : { DATABASE_URL: database.url });
      return { server, client: new AgentMailClient({ baseUrl: server.baseUrl, apiKey: server.rootKey }) };
    },
    count: async (sql) => (await query(connection, sql)).length,
  };
}

/** With the role that sees every row. */
function asWorker(url: string): string {
  const changed = new URL(url);
  changed.searchParams.set("options", "-c role=rookery_worker");
  return changed.href;
}

/** An endpoint for webhooks. */
async function openHook(after: TestContext["onTestFinished"]): Promise<Surroundings["hook"]> {
  const sockets = openSockets();
  after(() => sockets.end());
  const hook: Surroundings["hook"] = { url: "", told: [], isAnswering: true };
  const port = await sockets.http((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      if (!hook.isAnswering) return; // Keeps the sender waiting, so that it is killed in the middle.
      const payload = JSON.parse(body) as { message?: { message_id: string } };
      hook.told.push({
        messageId: payload.message?.message_id ?? "",
        svixId: String(request.headers["svix-id"]),
      });
      response.writeHead(204).end();
    });
  });
  return Object.assign(hook, { url: `http://127.0.0.1:${port}/` });
}

const mail = (id: string, text = "Hello") =>
  `From: a@outside.test\r\nTo: desk@rookery.localhost\r\nSubject: ${id}\r\nMessage-ID: <${id}@outside.test>\r\n\r\n${text}`;

test.concurrent("a webhook under way when the process was killed is delivered after the restart", async (context) => {
  const { start, hook } = await surroundings(context, "of the run");
  const first = await start();
  await first.client.inboxes.create({ username: "desk" });
  await first.client.webhooks.create({ url: hook.url, eventTypes: ["message.received"] });
  hook.isAnswering = false;
  expect(
    await sendMail(first.server.smtpPort, "a@outside.test", ["desk@rookery.localhost"], mail("one")),
  ).toMatch(/^250 /);
  await first.server.kill();
  hook.isAnswering = true;

  const second = await start();
  const { messages } = await second.client.inboxes.messages.list("desk@rookery.localhost");
  expect(messages.map((message) => message.messageId)).toEqual(["<one@outside.test>"]);
  await eventually("the webhook", async () => hook.told.length > 0);
  expect(hook.told.map((one) => one.messageId)).toEqual(["<one@outside.test>"]);
  // The sender, unsure of its 250, tries again: the inbox knows the mail.
  expect(
    await sendMail(second.server.smtpPort, "a@outside.test", ["desk@rookery.localhost"], mail("one")),
  ).toMatch(/^250 /);
  expect((await second.client.inboxes.messages.list("desk@rookery.localhost")).count).toBe(1);
  expect(new Set(hook.told.map((one) => one.svixId)).size).toBe(1);
});

test.concurrent("a webhook to a slow endpoint, under way when the process was killed, is delivered after the restart", async (context) => {
  const { start, hook, count } = await surroundings(context, "of the run");
  const first = await start();
  await first.client.inboxes.create({ username: "desk" });
  await first.client.webhooks.create({ url: hook.url, eventTypes: ["message.received"] });
  hook.isAnswering = false;
  await sendMail(first.server.smtpPort, "a@outside.test", ["desk@rookery.localhost"], mail("slow"));
  // Its attempt goes on, without a slot.
  const failing = "select from webhooks where failing_since is not null";
  await eventually("the endpoint noted as not answering", async () => (await count(failing)) === 1);
  await first.server.kill();
  hook.isAnswering = true;

  await start();
  await eventually("the webhook", async () => hook.told.length > 0);
  expect(hook.told.map((one) => one.messageId)).toEqual(["<slow@outside.test>"]);
});

test.concurrent("SIGTERM does not wait for an endpoint that does not answer: the attempt is no failure, and the webhook is delivered after the restart", async (context) => {
  const { start, hook, count } = await surroundings(context, "of the run");
  const first = await start();
  await first.client.inboxes.create({ username: "desk" });
  await first.client.webhooks.create({ url: hook.url, eventTypes: ["message.received"] });
  hook.isAnswering = false;
  await sendMail(first.server.smtpPort, "a@outside.test", ["desk@rookery.localhost"], mail("slow"));
  const failing = "select from webhooks where failing_since is not null";
  await eventually("the endpoint noted as not answering", async () => (await count(failing)) === 1);
  expect(await first.server.end()).toBe(0);
  hook.isAnswering = true;

  await start();
  await eventually("the webhook", async () => hook.told.length > 0);
  expect(await count("select from webhook_attempts where outcome <> 'delivered'")).toBe(0);
});

test.concurrent("killed under load: every mail with a 250 is stored once, also under another's Message-ID, with its thread, and delivered to the webhook; one without is stored whole or not at all", async (context) => {
  const { start, hook } = await surroundings(context, "own");
  const first = await start();
  await first.client.inboxes.create({ username: "desk" });
  await first.client.webhooks.create({ url: hook.url, eventTypes: ["message.received"] });
  /** Texts, one a mail. */
  const accepted: string[] = [];
  const pour = async (lane: number): Promise<void> => {
    const session = await SmtpSession.open(first.server.smtpPort);
    await session.reply();
    await session.command("EHLO pour.test");
    for (let index = 0; index < 500; index++) {
      const text = `lane${lane}-${index}`;
      const id = index % 3 === 0 ? `shared-${index}` : text;
      await session.command("MAIL FROM:<a@outside.test>");
      await session.command("RCPT TO:<desk@rookery.localhost>");
      await session.command("DATA");
      session.write(mail(id, text));
      const reply = await session.command("\r\n.");
      if (!reply.startsWith("250")) break;
      accepted.push(text);
    }
    session.close();
  };
  const lanes = [1, 2, 3, 4].map(pour);
  await eventually("some mails", async () => accepted.length > 60);
  await first.server.kill();
  await Promise.all(lanes);

  const second = await start();
  const stored: { id: string; text: string }[] = [];
  let pageToken: string | undefined;
  do {
    const page = await second.client.inboxes.messages.list("desk@rookery.localhost", {
      limit: 500,
      ...(pageToken !== undefined && { pageToken }),
    });
    stored.push(...page.messages.map(({ messageId, preview }) => ({ id: messageId, text: preview ?? "" })));
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  const texts = new Set(stored.map(({ text }) => text));
  expect(accepted.filter((text) => !texts.has(text))).toEqual([]);
  expect(texts.size).toBe(stored.length);
  const ids = stored.map(({ id }) => id).toSorted();
  const threads = await second.client.threads.list({ limit: 1000 });
  expect(threads.threads.map((thread) => thread.lastMessageId).toSorted()).toEqual(ids);
  await eventually("a webhook for every stored mail", async () =>
    ids.every((id) => hook.told.some((one) => one.messageId === id)),
  );
});

test.concurrent("PostgreSQL killed under a running server comes back: what was accepted is there, and mail and webhooks go on", async (context) => {
  const { directory, start, hook } = await surroundings(context, "own");
  const { server, client } = await start();
  await client.inboxes.create({ username: "desk" });
  await client.webhooks.create({ url: hook.url, eventTypes: ["message.received"] });
  const send = (id: string) =>
    sendMail(server.smtpPort, "a@outside.test", ["desk@rookery.localhost"], mail(id));
  expect(await send("before")).toMatch(/^250 /);
  process.kill(await postgresPid(directory), "SIGKILL");
  await eventually("mail after the kill", async () => (await send("after")).startsWith("250"));
  const { messages } = await client.inboxes.messages.list("desk@rookery.localhost");
  expect(messages.map((message) => message.messageId)).toEqual(
    expect.arrayContaining(["<before@outside.test>", "<after@outside.test>"]),
  );
  await eventually("both webhooks", async () =>
    ["before", "after"].every((id) => hook.told.some((one) => one.messageId === `<${id}@outside.test>`)),
  );
  expect(await server.end()).toBe(0);
});

test.concurrent("a mail cut off in the middle of DATA leaves nothing behind", async (context) => {
  const { start } = await surroundings(context, "of the run");
  const { server, client } = await start();
  await client.inboxes.create({ username: "desk" });
  const session = await SmtpSession.open(server.smtpPort);
  await session.reply();
  await session.command("EHLO cut.test");
  await session.command("MAIL FROM:<a@outside.test>");
  await session.command("RCPT TO:<desk@rookery.localhost>");
  await session.command("DATA");
  session.write("Subject: half\r\n\r\nand the");
  await server.kill();
  session.close();
  const second = await start();
  expect((await second.client.inboxes.messages.list("desk@rookery.localhost")).count).toBe(0);
});
