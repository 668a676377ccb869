/** WebSockets over the wire: what is said, who hears of what, and when a socket ends. */
import type { AgentMailClient } from "agentmail";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { sendMail } from "../../../../test/support/smtp-client.ts";
import { type TestApp, testApp } from "../../../../test/support/test-app.ts";
import { type Frame, ofType, openSocket, type TestSocket } from "../../../../test/support/web-socket.ts";
import { MAX_SOCKET_CONTROL_FRAMES } from "../limits.ts";

let app: TestApp;
let client: AgentMailClient;
let pod: string;
let inbox: string;
/** Another inbox of the pod, which the mail is from. */
let writer: string;
const opened: TestSocket[] = [];
beforeAll(async () => {
  app = await testApp();
  client = app.client();
  pod = (await client.pods.create({ name: "sockets" })).podId;
  inbox = (await client.pods.inboxes.create(pod, { username: "sockets" })).inboxId;
  writer = (await client.pods.inboxes.create(pod, { username: "writer" })).inboxId;
});
afterEach(() => {
  for (const socket of opened.splice(0)) socket.end();
});
afterAll(() => app.stop());

async function open(key = app.rootKey): Promise<TestSocket> {
  const socket = await openSocket(app.baseUrl, { key });
  opened.push(socket);
  return socket;
}

async function subscribed(frame: object = {}, key?: string): Promise<TestSocket> {
  const socket = await open(key);
  socket.send({ type: "subscribe", ...frame });
  await socket.next("subscribed", ({ type }) => type === "subscribed");
  return socket;
}

/** A key of an inbox or pod, made by the client's own method. */
async function keyOf(made: Promise<object>): Promise<{ readonly apiKey: string; readonly apiKeyId: string }> {
  const key = await made;
  if (!("apiKey" in key && "apiKeyId" in key)) throw new Error("not a bearer key");
  return { apiKey: String(key.apiKey), apiKeyId: String(key.apiKeyId) };
}

let sent = 0;
/** A mail from an inbox here, so that no verdict hides it. */
async function mailTo(to: string, from = writer): Promise<void> {
  await client.inboxes.messages.send(from, { to: [to], subject: `Mail ${++sent}` });
}

const received = ofType("message.received");
const messageOf = (frame: Frame) =>
  frame["message"] as { readonly message_id: string; readonly inbox_id: string; readonly subject: string };
const subjectsOf = ({ frames }: TestSocket): string[] =>
  frames.filter(received).map((frame) => messageOf(frame).subject);
const isError = ({ type }: Frame): boolean => type === "error";

test("nothing is told before a subscription, and each event once however many of them fit", async () => {
  const silent = await open();
  const socket = await subscribed({ inbox_ids: [inbox] });
  socket.send({ type: "subscribe", pod_ids: [pod] });
  await socket.next("subscribed", ({ type }) => type === "subscribed");
  await mailTo(inbox);
  const event = await socket.next("the mail", received);
  expect(event).toMatchObject({
    type: "event",
    event_type: "message.received",
    event_id: expect.any(String),
    pod_id: pod,
    message: { inbox_id: inbox, subject: `Mail ${sent}`, from_: expect.any(String) },
    thread: { inbox_id: inbox },
  });
  await mailTo(inbox);
  await socket.next("the next mail", received);
  expect(subjectsOf(socket)).toEqual([`Mail ${sent - 1}`, `Mail ${sent}`]);
  expect(silent.frames).toEqual([]);
});

test("subscriptions to other ids add up, one to the same ids replaces its types, and unsubscribe takes them off", async () => {
  const other = (await client.pods.inboxes.create(pod, {})).inboxId;
  const socket = await subscribed({ inbox_ids: [inbox], event_types: ["message.received"] });
  const say = async (frame: object): Promise<Frame> => {
    socket.send(frame);
    return socket.next("an answer", ({ type }) => type === "subscribed" || type === "unsubscribed");
  };
  await say({ type: "subscribe", inbox_ids: [other], event_types: ["message.received"] });
  await say({ type: "subscribe", inbox_ids: [inbox], event_types: ["message.sent"] });
  await mailTo(other, inbox);
  await socket.next("what was sent", ofType("message.sent"));
  await socket.next("what came", received);
  expect(await say({ type: "unsubscribe", inbox_ids: [other] })).toEqual({
    type: "unsubscribed",
    inbox_ids: [other],
  });
  const before = socket.frames.length;
  await mailTo(other, inbox);
  await socket.next("what was sent", ofType("message.sent"));
  expect(await say({ type: "unsubscribe" })).toEqual({ type: "unsubscribed" });
  expect(socket.frames.slice(before).map((frame) => frame["event_type"] ?? frame["type"])).toEqual([
    "message.sent",
    "unsubscribed",
  ]);
});

const wrongFrames: readonly (readonly [string, string, RegExp])[] = [
  ["no JSON", "{", /ValidationError.*Invalid JSON/],
  ["no object", "[]", /ValidationError/],
  ["an unknown type", '{"type":"publish"}', /ValidationError/],
  [
    "an unknown event type",
    '{"type":"subscribe","event_types":["mail"]}',
    /ValidationError.*message\.received/,
  ],
  ["a list that is none", '{"type":"subscribe","inbox_ids":"a"}', /ValidationError.*inbox_ids/],
  [
    "an inbox that is not there",
    '{"type":"subscribe","inbox_ids":["no@rookery.localhost"]}',
    /NotFoundError/,
  ],
  ["a pod that is not there", '{"type":"subscribe","pod_ids":["../.."]}', /NotFoundError/],
  [
    "too many ids",
    JSON.stringify({ type: "subscribe", pod_ids: Array(11).fill("x") }),
    /ValidationError.*pod_ids/,
  ],
  ["half of a surrogate pair", '{"type":"subscribe","inbox_ids":["\\ud800"]}', /ValidationError/],
  ["a cursor that is no id", '{"type":"subscribe","after":"yesterday"}', /ValidationError.*after/],
  ["a nest", `{"type":"subscribe","x":${"[".repeat(50)}${"]".repeat(50)}}`, /ValidationError/],
];

test("what is no request of the protocol gets an error frame, and the socket goes on", async () => {
  const socket = await open();
  for (const [what, frame, answer] of wrongFrames) {
    socket.send(frame);
    const error = await socket.next(what, isError);
    expect(JSON.stringify(error), what).toMatch(answer);
  }
  socket.socket.send(Buffer.from('{"type":"subscribe"}'), { binary: true });
  expect(await socket.next("binary", isError)).toMatchObject({ name: "ValidationError" });
  socket.send({ type: "subscribe", event_types: null, inbox_ids: null, pod_ids: null });
  expect(await socket.next("subscribed", ({ type }) => type === "subscribed")).toEqual({
    type: "subscribed",
  });
});

test("thousands of messages in a packet that are no requests are answered in as many turns of the event loop", async () => {
  const socket = await open();
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  for (let index = 0; index < 2000; index++) socket.socket.send(index % 2 === 0 ? "{}" : "no JSON");
  for (let index = 0; index < 2000; index++) await socket.next("an answer", isError);
  isOver = true;
  expect(turns).toBeGreaterThan(1000);
});

test("a message of 10 MB, one in fragments without end and a broken frame end the socket with a code, and nobody else's", async () => {
  const bystander = await subscribed({ inbox_ids: [inbox] });
  const large = await open();
  large.send("x".repeat(10 * 1024 * 1024));
  expect((await large.closed).code).toBe(1009);
  const endless = await open();
  for (let index = 0; index < 100; index++) endless.socket.send("x", { fin: false });
  expect((await endless.closed).code).toBe(1008);
  await mailTo(inbox);
  await bystander.next("the mail", received);
});

test("a thousand subscriptions are each answered, and more targets than a socket may name are refused", async () => {
  const socket = await open();
  for (let index = 0; index < 1000; index++) socket.send({ type: "subscribe", inbox_ids: [inbox] });
  for (let index = 0; index < 1000; index++)
    await socket.next("an answer", ({ type }) => type === "subscribed");
  const inboxes = await Promise.all(
    Array.from({ length: 100 }, async () => (await client.pods.inboxes.create(pod, {})).inboxId),
  );
  for (let from = 0; from < 100; from += 10)
    socket.send({ type: "subscribe", inbox_ids: inboxes.slice(from, from + 10) });
  expect(await socket.next("a refusal", isError)).toMatchObject({
    name: "LimitExceededError",
    code: "limit_exceeded",
    resource: "subscription",
    limit: 100,
  });
  await mailTo(inbox);
  await socket.next("the mail", received);
  expect(subjectsOf(socket)).toHaveLength(1);
});

test("more sockets than are told in one turn of the event loop all hear of each event, once and in order", async () => {
  const sockets = await Promise.all(Array.from({ length: 120 }, () => subscribed({ inbox_ids: [inbox] })));
  const before = sent;
  for (let mail = 0; mail < 3; mail++) await mailTo(inbox);
  const subjects = [1, 2, 3].map((mail) => `Mail ${before + mail}`);
  await Promise.all(
    sockets.map((socket) =>
      socket.next("the last mail", (frame) => received(frame) && messageOf(frame).subject === subjects[2]),
    ),
  );
  for (const socket of sockets) expect(subjectsOf(socket)).toEqual(subjects);
});

test("a key hears of its own inbox only, and may name no other", async () => {
  const other = (await client.pods.inboxes.create(pod, {})).inboxId;
  const elsewhere = (await client.pods.create({ name: "elsewhere" })).podId;
  const foreign = (await client.pods.inboxes.create(elsewhere, {})).inboxId;
  const inboxKey = (await keyOf(client.inboxes.apiKeys.create(inbox, { name: "agent" }))).apiKey;
  const podKey = (await keyOf(client.pods.apiKeys.create(pod, { name: "tenant" }))).apiKey;
  const ofInbox = await subscribed({}, inboxKey);
  const ofPod = await subscribed({}, podKey);
  for (const wanted of [
    { inbox_ids: [other] },
    { inbox_ids: [foreign] },
    { pod_ids: [pod] },
    { pod_ids: [elsewhere] },
  ]) {
    ofInbox.send({ type: "subscribe", ...wanted });
    expect(await ofInbox.next("a refusal", isError)).toMatchObject({ name: "NotFoundError" });
  }
  for (const wanted of [{ inbox_ids: [foreign] }, { pod_ids: [elsewhere] }]) {
    ofPod.send({ type: "subscribe", ...wanted });
    expect(await ofPod.next("a refusal", isError)).toMatchObject({ name: "NotFoundError" });
  }
  await mailTo(foreign);
  await mailTo(other);
  await mailTo(inbox);
  await ofInbox.next("the inbox's own", received);
  await ofPod.next("the pod's", (frame) => received(frame) && messageOf(frame).inbox_id === inbox);
  const inboxesOf = ({ frames }: TestSocket) =>
    new Set(frames.filter(received).map((frame) => messageOf(frame).inbox_id));
  expect(inboxesOf(ofInbox)).toEqual(new Set([inbox]));
  expect(inboxesOf(ofPod)).toEqual(new Set([other, inbox]));
  expect(JSON.stringify(ofInbox.frames.filter((frame) => frame["type"] === "event"))).not.toContain(other);
});

test("mail with a restricted label is for who asks for it and may see it; its events never reach who may not", async () => {
  const blocker = (await client.pods.inboxes.create(pod, {})).inboxId;
  await client.inboxes.lists.create(blocker, "receive", "block", { entry: writer });
  const blind = (
    await keyOf(
      client.inboxes.apiKeys.create(blocker, {
        name: "blind",
        permissions: { messageRead: true, labelTrashRead: false },
      }),
    )
  ).apiKey;
  const ordinary = await subscribed({ inbox_ids: [blocker] });
  const asking = await subscribed({ inbox_ids: [blocker], event_types: ["message.received.blocked"] });
  const deaf = await subscribed({}, blind);
  deaf.send({ type: "subscribe", event_types: ["message.received.blocked"] });
  expect(await deaf.next("a refusal", isError)).toMatchObject({
    name: "ForbiddenError",
    message: "label_blocked_read is forbidden",
  });
  await mailTo(blocker);
  expect(await asking.next("the blocked mail", ofType("message.received.blocked"))).toMatchObject({
    message: { labels: expect.arrayContaining(["blocked"]) },
  });
  await mailTo(blocker, inbox);
  await ordinary.next("ordinary mail", received);
  await deaf.next("ordinary mail", received);
  for (const { frames } of [ordinary, deaf])
    expect(frames.some(ofType("message.received.blocked")), JSON.stringify(frames)).toBe(false);
});

test("a key that may not read mail may subscribe to nothing of it, and one that loses that hears no more", async () => {
  const { apiKey } = await keyOf(
    client.inboxes.apiKeys.create(inbox, {
      name: "none",
      permissions: { inboxRead: true },
    }),
  );
  const without = await open(apiKey);
  without.send({ type: "subscribe" });
  expect(await without.next("a refusal", isError)).toMatchObject({ message: "message_read is forbidden" });
  const made = await keyOf(
    client.inboxes.apiKeys.create(inbox, {
      name: "some",
      permissions: { messageRead: true },
    }),
  );
  const losing = await subscribed({}, made.apiKey);
  const keeping = await subscribed({ inbox_ids: [inbox] });
  await mailTo(inbox);
  await losing.next("mail while it may", received);
  await app.request("PATCH", `/v0/inboxes/${inbox}/api-keys/${made.apiKeyId}`, {
    body: { permissions: { message_read: false } },
  });
  await mailTo(inbox);
  await keeping.next("the first", received);
  await keeping.next("the second", received);
  expect(subjectsOf(losing)).toHaveLength(1);
});

test("a key that is deleted, and one whose pod is suspended, end their sockets at once", async () => {
  const made = await keyOf(client.inboxes.apiKeys.create(inbox, { name: "gone" }));
  const ofKey = await subscribed({}, made.apiKey);
  const kept = await subscribed({ inbox_ids: [inbox] });
  await client.inboxes.apiKeys.delete(inbox, made.apiKeyId);
  expect((await ofKey.closed).code).toBe(1008);
  const tenant = (await client.pods.create({ name: "suspended" })).podId;
  const ofPod = await subscribed(
    {},
    (await keyOf(client.pods.apiKeys.create(tenant, { name: "tenant" }))).apiKey,
  );
  await app.request("POST", `/v0/pods/${tenant}/suspend`, { body: {} });
  expect(await ofPod.closed).toMatchObject({ code: 1008 });
  await mailTo(inbox);
  await kept.next("mail for who is left", received);
});

test("a key that expires ends its sockets, though nothing happens on them", async () => {
  const expiresAt = new Date(Date.now() + 5000);
  const { body } = await app.request("POST", `/v0/inboxes/${inbox}/api-keys`, {
    body: { name: "brief", expires_at: expiresAt.toISOString() },
  });
  const brief = await subscribed({}, String(body["api_key"]));
  expect(await brief.closed).toEqual({ code: 1008, reason: "API key expired" });
});

test("mail by SMTP is told of, and the thread beside it shows nothing that the key may not see", async () => {
  const apart = (await client.pods.inboxes.create(pod, {})).inboxId;
  const blind = await keyOf(
    client.pods.apiKeys.create(pod, { name: "blind", permissions: { messageRead: true } }),
  );
  const mail = (id: string, headers = "") =>
    sendMail(
      app.smtpPort,
      "ada@customer.example",
      [apart],
      `From: ada@customer.example\r\nMessage-ID: <${id}@customer.example>\r\nSubject: ${id}\r\n${headers}\r\nHello`,
    );
  await mail("hidden");
  await client.inboxes.messages.update(apart, "<hidden@customer.example>", { addLabels: ["trash", "why"] });
  const socket = await subscribed({ inbox_ids: [apart] }, blind.apiKey);
  await mail("seen", "In-Reply-To: <hidden@customer.example>\r\n");
  expect(await socket.next("the mail", received)).toMatchObject({
    message: { subject: "seen" },
    thread: { subject: "seen", message_count: 1, labels: expect.not.arrayContaining(["trash", "why"]) },
  });
});

test("a socket that comes back with the last event's id is sent what it missed, in order, once, and then goes on", async () => {
  const away = await subscribed({ inbox_ids: [inbox] });
  await mailTo(inbox);
  const { event_id: after } = await away.next("the last it has", received);
  away.end();
  await mailTo(inbox);
  await mailTo(inbox);
  const back = await open();
  back.send({ type: "subscribe", inbox_ids: [inbox], event_types: ["message.received"], after });
  expect(await back.next("subscribed")).toEqual({
    type: "subscribed",
    inbox_ids: [inbox],
    event_types: ["message.received"],
    resumed: true,
  });
  await back.next("the first missed", received);
  await back.next("the second missed", received);
  await mailTo(inbox);
  await back.next("what comes now", received);
  expect(subjectsOf(back)).toEqual([2, 1, 0].map((ago) => `Mail ${sent - ago}`));
});

test("who names an event that is not here, or another's, is told that nothing is replayed, and hears what comes", async () => {
  const elsewhere = (await client.pods.create({ name: "replays" })).podId;
  const foreign = (await client.pods.inboxes.create(elsewhere, {})).inboxId;
  const theirs = await subscribed({ inbox_ids: [foreign] });
  await mailTo(foreign);
  const { event_id: after } = await theirs.next("a foreign event", received);
  const podKey = (await keyOf(client.pods.apiKeys.create(pod, { name: "tenant" }))).apiKey;
  for (const unknown of [after, "0190a000-0000-7000-8000-0000000000ff"]) {
    const socket = await open(podKey);
    socket.send({ type: "subscribe", inbox_ids: [inbox], after: unknown });
    expect(await socket.next("an error", isError)).toMatchObject({ name: "NotFoundError" });
    expect(await socket.next("subscribed")).toMatchObject({ type: "subscribed", resumed: false });
    await mailTo(inbox);
    await socket.next("what comes", received);
  }
});

test("a socket that pings without end is ended, and one that pings now and then has its pongs", async () => {
  const [quiet, flooding] = [await subscribed(), await subscribed()];
  let pongs = 0;
  quiet.socket.on("pong", () => pongs++);
  for (let count = 0; count < MAX_SOCKET_CONTROL_FRAMES / 10; count++) quiet.socket.ping();
  for (let count = 0; count <= 2 * MAX_SOCKET_CONTROL_FRAMES; count++) flooding.socket.ping();
  expect(await flooding.closed).toMatchObject({ code: 1008, reason: "too many pings" });
  await eventually("a pong", async () => pongs > 0);
  expect(quiet.socket.readyState).toBe(quiet.socket.OPEN);
});
