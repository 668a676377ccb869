/** The database drops every connection at once, as in a failover: what was under way fails, everything after works. */
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dropOtherConnections } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { sendMail } from "../support/smtp-client.ts";
import { openSockets, type Sockets } from "../support/sockets.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let sockets: Sockets;
let hookUrl: string;
let told: string[];

beforeAll(async () => {
  // What is lost is logged as an error each time, and is what this test is about.
  app = await testApp({ ROOKERY_LOG_LEVEL: "silent" });
  told = [];
  sockets = openSockets();
  const port = await sockets.http(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    told.push(JSON.parse(body).message.message_id);
    response.writeHead(204).end();
  });
  hookUrl = `http://127.0.0.1:${port}/`;
});
afterAll(async () => {
  await sockets.end();
  await app.stop();
});

async function dropConnections(): Promise<void> {
  const client = new pg.Client({ connectionString: app.databaseUrl });
  await client.connect();
  await dropOtherConnections(client);
  await client.end();
}

test("mail, API and webhooks go on, no 250 is lost, and no request hangs", async () => {
  const { inboxId } = await app.client().inboxes.create({ username: "desk" });
  await app.client().webhooks.create({ url: hookUrl, eventTypes: ["message.received"] });
  const accepted: string[] = [];
  let sending = true;
  const lane = async (number: number): Promise<void> => {
    for (let index = 0; sending; index++) {
      const id = `<${number}-${index}@outside.test>`;
      const mail = `From: a@outside.test\r\nSubject: s\r\nMessage-ID: ${id}\r\n\r\nHello`;
      const reply = await sendMail(app.smtpPort, "a@outside.test", [inboxId], mail);
      // Anything else is the sender's to try again: the recipient, or the mail, could not be looked at.
      if (reply.startsWith("250")) accepted.push(id);
    }
  };
  const reading = async (): Promise<void> => {
    while (sending)
      await app
        .client()
        .inboxes.messages.list(inboxId)
        .catch(() => undefined);
  };
  const work = [1, 2, 3, 4].map(lane).concat(reading());
  for (let round = 0; round < 3; round++) {
    const before = accepted.length;
    await eventually("mails under way", async () => accepted.length > before + 10);
    await dropConnections();
  }
  const after = accepted.length;
  await eventually("mails after the last loss", async () => accepted.length > after + 10);
  sending = false;
  await Promise.all(work);
  const { messages, nextPageToken } = await app.client().inboxes.messages.list(inboxId, { limit: 1000 });
  expect(nextPageToken, "all of them are on one page").toBeUndefined();
  const stored = messages.map(({ messageId }) => messageId);
  expect(accepted.filter((id) => !stored.includes(id))).toEqual([]);
  expect(new Set(stored).size).toBe(stored.length);
  await eventually("a webhook for every mail", async () => stored.every((id) => told.includes(id)));
});
