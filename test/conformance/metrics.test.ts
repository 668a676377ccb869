/** The official `agentmail` client against a whole server: metrics at every scope. */
import { AgentMail, type AgentMailClient } from "agentmail";
import { afterAll, beforeAll, expect, test } from "vitest";
import { failure } from "../support/failure.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let client: AgentMailClient;
let pod: string;
let inbox: string;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
  client = app.client();
  pod = (await client.pods.create({ name: "metrics" })).podId;
  inbox = (await client.pods.inboxes.create(pod, { username: "metrics" })).inboxId;
  await client.inboxes.messages.send(inbox, { to: "a@outside.test", text: "one" });
  await client.inboxes.messages.send(inbox, { to: "a@outside.test", text: "two" });
});
afterAll(() => app.stop());

/** The client's resource at each scope, with its first arguments given. */
const scopes = () =>
  [
    {
      path: "/v0",
      events: client.metrics.queryEvents.bind(client.metrics),
      usage: client.metrics.queryUsage.bind(client.metrics),
      types: ["storage_bytes", "message_count", "thread_count", "inbox_count", "domain_count", "pod_count"],
    },
    {
      path: `/v0/pods/${pod}`,
      events: client.pods.metrics.queryEvents.bind(client.pods.metrics, pod),
      usage: client.pods.metrics.queryUsage.bind(client.pods.metrics, pod),
      types: ["storage_bytes", "message_count", "thread_count", "inbox_count", "domain_count"],
    },
    {
      path: `/v0/inboxes/${encodeURIComponent(inbox)}`,
      events: client.inboxes.metrics.queryEvents.bind(client.inboxes.metrics, inbox),
      usage: client.inboxes.metrics.queryUsage.bind(client.inboxes.metrics, inbox),
      types: ["storage_bytes", "message_count", "thread_count"],
    },
  ] as const;

const get = (path: string) => app.request("GET", path, { key: app.rootKey });

test("events are counted at each scope, by period and one by one", async () => {
  for (const { events } of scopes()) {
    const all = await events();
    expect(Object.keys(all)).toEqual(["message.sent"]);
    expect(all["message.sent"]).toEqual([
      { timestamp: expect.any(Date), count: 1 },
      { timestamp: expect.any(Date), count: 1 },
    ]);
    const summed = await events({
      eventTypes: [AgentMail.MetricEventType.MessageSent, AgentMail.MetricEventType.DomainVerified],
      start: new Date(Date.now() - 3_600_000),
      end: new Date(Date.now() + 3_600_000),
      period: 86_400,
      limit: 10,
      descending: true,
    });
    expect(summed["message.sent"]?.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    expect(summed["domain.verified"]).toEqual([]);
  }
});

test("usage is answered at each scope with its types, the latest point last", async () => {
  for (const { usage, types } of scopes()) {
    const all = await usage();
    expect(Object.keys(all)).toEqual(types);
    expect(all.message_count?.length).toBeLessThanOrEqual(100);
    expect(all.message_count?.at(-1)).toEqual({ timestamp: expect.any(Date), value: 2 });
    const [first, ...rest] =
      (await usage({ usageTypes: ["thread_count", "pod_count"], period: 3600, limit: 1, descending: true }))
        .thread_count ?? [];
    expect([first?.value, rest]).toEqual([2, []]);
  }
});

test("the path of old clients answers what events answers, with a period as text", async () => {
  for (const { path } of scopes()) {
    const old = await get(`${path}/metrics?event_types=message.sent&period=86400`);
    const now = await get(`${path}/metrics/events?event_types=["message.sent"]&period=86400`);
    expect(old.body).toEqual(now.body);
    expect(old.body).toEqual({ "message.sent": [{ timestamp: expect.any(String), count: 2 }] });
  }
});

test("a type that is not counted is a 400", async () => {
  for (const { path } of scopes()) {
    expect((await get(`${path}/metrics/events?event_types=message.opened`)).status).toBe(400);
    expect((await get(`${path}/metrics/usage?usage_types=bytes,message_count`)).status).toBe(400);
  }
});

test("what cannot be answered is a 400 that says so", async () => {
  for (const { events, usage } of scopes()) {
    const start = new Date(Date.now() - 2 * 86_400_000);
    for (const query of [events, usage]) {
      expect(await failure(query({ start, period: 60 }))).toMatchObject({
        status: 400,
        body: { code: "query_range_too_wide", name: "ValidationError" },
      });
      for (const bad of [{ period: 0 }, { limit: 0 }, { start: new Date(Date.now() - 91 * 86_400_000) }])
        expect(await failure(query(bad))).toMatchObject({ status: 400 });
    }
  }
});

test("a pod or an inbox that is not there is not found", async () => {
  const absent = "0190a000-0000-7000-8000-00000000dead";
  expect(await failure(client.pods.metrics.queryEvents(absent))).toMatchObject({ status: 404 });
  expect(await failure(client.pods.metrics.queryUsage(absent))).toMatchObject({ status: 404 });
  expect(await failure(client.inboxes.metrics.queryEvents("nobody@x.test"))).toMatchObject({
    status: 404,
  });
  expect(await failure(client.inboxes.metrics.queryUsage("nobody@x.test"))).toMatchObject({
    status: 404,
  });
});
