/** The official `agentmail` client's WebSocket against a whole server, with nothing but the base URL changed. */
import type { AgentMail, AgentMailClient } from "agentmail";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { sendMail } from "../support/smtp-client.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let client: AgentMailClient;
let inbox: string;
let other: string;
beforeAll(async () => {
  app = await testApp();
  client = app.client();
  const pod = (await client.pods.create({ name: "live" })).podId;
  inbox = (await client.pods.inboxes.create(pod, { username: "live" })).inboxId;
  other = (await client.pods.inboxes.create(pod, { username: "other" })).inboxId;
});
afterAll(() => app.stop());

type Said =
  | AgentMail.Subscribed
  | AgentMail.MessageReceivedEvent
  | AgentMail.MessageSentEvent
  | AgentMail.MessageDeliveredEvent
  | AgentMail.MessageBouncedEvent
  | AgentMail.MessageComplainedEvent
  | AgentMail.MessageRejectedEvent
  | AgentMail.MessageOpenedEvent
  | AgentMail.DomainVerifiedEvent
  | AgentMail.Error_;

/** Connects as the client's documentation has it, and keeps what is said. */
async function connect(by: AgentMailClient = client) {
  const socket = await by.websockets.connect({ reconnectAttempts: 5 });
  const said: Said[] = [];
  const closes: number[] = [];
  socket.on("message", (message) => void said.push(message));
  socket.on("close", ({ code }) => void closes.push(code));
  socket.on("error", () => undefined);
  const next = (type: Said["type"], fits: (message: Said) => boolean = () => true) =>
    eventually(
      `${type} on the socket`,
      async () => said.find((one) => one.type === type && fits(one)),
      async () => said,
    );
  return { socket, said, closes, next };
}

const mail = (to: string, subject: string): Promise<unknown> =>
  sendMail(
    app.smtpPort,
    "ada@customer.example",
    [to],
    `From: Ada <ada@customer.example>\r\nTo: ${to}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@customer.example>\r\n\r\nHello.\r\n`,
  );

const isReceived =
  (subject: string) =>
  (message: Said): boolean =>
    "eventType" in message && message.eventType === "message.received" && message.message.subject === subject;

test("subscribing by inbox is confirmed, and its mail arrives as the client's own typed event", async () => {
  const { socket, next, said } = await connect();
  socket.sendSubscribe({
    type: "subscribe",
    inboxIds: [inbox],
    eventTypes: ["message.received", "message.sent"],
  });
  expect(await next("subscribed")).toEqual({
    type: "subscribed",
    inboxIds: [inbox],
    eventTypes: ["message.received", "message.sent"],
  });
  await mail(other, "elsewhere");
  await mail(inbox, "here");
  const event = await next("event", isReceived("here"));
  expect(event).toMatchObject({
    type: "event",
    eventType: "message.received",
    message: { inboxId: inbox, subject: "here", text: expect.stringContaining("Hello.") },
    thread: { subject: "here" },
  });
  await client.inboxes.messages.send(inbox, { to: ["bob@customer.example"], subject: "Out", text: "Hi" });
  const sent = await next("event", (one) => "eventType" in one && one.eventType === "message.sent");
  expect(sent).toMatchObject({ send: { inboxId: inbox, recipients: ["bob@customer.example"] } });
  expect(said.some(isReceived("elsewhere"))).toBe(false);
  socket.close();
});

test("without lists a socket hears of everything in its key's scope, and of nothing else", async () => {
  const own = await client.inboxes.apiKeys.create(inbox, { name: "agent" });
  if (!("apiKey" in own)) throw new Error("not a bearer key");
  const { socket, next, said } = await connect(app.client(own.apiKey));
  socket.sendSubscribe({ type: "subscribe" });
  expect(await next("subscribed")).toEqual({ type: "subscribed" });
  await mail(other, "not-yours");
  await mail(inbox, "yours");
  await next("event", isReceived("yours"));
  expect(said.some(isReceived("not-yours"))).toBe(false);
  socket.close();
});

test("errors come as the client's error frame, and the socket goes on", async () => {
  const { socket, next, said } = await connect();
  socket.sendSubscribe({ type: "subscribe", inboxIds: ["nobody@rookery.localhost"] });
  expect(await next("error")).toMatchObject({
    type: "error",
    name: "NotFoundError",
    message: "Inbox not found",
  });
  said.length = 0;
  socket.sendSubscribe({ type: "subscribe", podIds: [(await client.pods.list()).pods[0]?.podId ?? ""] });
  await next("subscribed");
  socket.close();
});

test("a bad key is refused before the upgrade", async () => {
  await expect(app.client("am_us_none").websockets.connect({ reconnectAttempts: 0 })).rejects.toMatchObject({
    message: expect.stringContaining("403"),
  });
});
