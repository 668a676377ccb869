/** Polling webhooks over a whole server, read with the official `svix` consumer, which knows nothing but the token. */
import type { AgentMailClient } from "agentmail";
import pg from "pg";
import { AutoConfigConsumer } from "svix";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let client: AgentMailClient;
let pod: string;
let inbox: string;
let writer: string;
beforeAll(async () => {
  app = await testApp();
  client = app.client();
  pod = (await client.pods.create({ name: "polling" })).podId;
  inbox = (await client.pods.inboxes.create(pod, { username: "polled" })).inboxId;
  writer = (await client.pods.inboxes.create(pod, { username: "writer" })).inboxId;
});
afterAll(() => app.stop());

const bases = () =>
  ["/v0", `/v0/pods/${pod}`, `/v0/inboxes/${inbox}`].map((base) => `${base}/webhooks/polling`);

interface Made {
  readonly webhook_id: string;
  readonly token: string;
  readonly [name: string]: unknown;
}

async function create(base: string, body: object): Promise<Made> {
  const { status, body: made } = await app.request("POST", base, { body });
  expect(status, JSON.stringify(made)).toBe(200);
  // Cast: what a create answers.
  return made as unknown as Made;
}

// Cast: svix does not export the enum of its own option.
const latest = JSON.parse('{"startingPosition":"latest"}') as NonNullable<
  Parameters<AutoConfigConsumer["receive"]>[1]
>;

const received = { event_types: ["message.received"] };
const consumerOf = ({ token }: Pick<Made, "token">) => new AutoConfigConsumer(token, {});

async function mailTo(to: string, ...subjects: readonly string[]): Promise<void> {
  for (const subject of subjects) await client.inboxes.messages.send(writer, { to: [to], subject });
}

interface Item {
  readonly offset: number;
  readonly eventType: string;
  readonly payload: { readonly message?: { readonly subject: string } };
}
// Cast: the consumer types payloads as unknown.
const itemsOf = (data: unknown): readonly Item[] => data as readonly Item[];
const subjectsOf = (data: unknown): (string | undefined)[] =>
  itemsOf(data).map(({ payload }) => payload.message?.subject);

/** Receives under a consumer of its own until so many events are there. */
async function until(made: Made, count: number): Promise<void> {
  await eventually(`${count} events`, async () => {
    const { data } = await consumerOf(made).receive("watcher", { limit: 250, leaseDurationMs: 1 });
    return data.length >= count;
  });
}

describe("at each of the three scopes", () => {
  test("one is created, found by id and by client_id, listed by its own route alone, and deleted", async () => {
    for (const [index, base] of bases().entries()) {
      const made = await create(base, { client_id: "worker", ...received });
      expect(made).toMatchObject({
        webhook_id: expect.stringMatching(/^ep_[0-9a-f]{32}$/),
        client_id: "worker",
        event_types: ["message.received"],
        token: expect.stringMatching(/^auto_v1_/),
        ...(index > 0 && { pod_id: pod }),
        ...(index === 2 && { inbox_id: inbox }),
      });
      const { token: _, ...shown } = made;
      for (const name of [made.webhook_id, "worker"])
        expect((await app.request("GET", `${base}/${name}`)).body).toEqual(shown);
      expect((await app.request("GET", base)).body).toMatchObject({ count: 1, polling_webhooks: [shown] });
    }
    for (const base of bases()) {
      expect((await app.request("DELETE", `${base}/worker`)).status).toBe(204);
      expect((await app.request("DELETE", `${base}/worker`)).status).toBe(404);
      expect((await app.request("GET", base)).body).toMatchObject({ count: 0, polling_webhooks: [] });
    }
  });

  test("there are ten at most, and one that is there does not count again", async () => {
    for (const base of bases()) {
      for (let index = 0; index < 10; index++)
        await create(base, { client_id: `worker-${index}`, ...received });
      await create(base, { client_id: "worker-0", ...received });
      const { status, body } = await app.request("POST", base, {
        body: { client_id: "eleventh", ...received },
      });
      expect({ status, body }).toMatchObject({ status: 403, body: { code: "limit_exceeded", limit: 10 } });
      for (let index = 0; index < 10; index++) await app.request("DELETE", `${base}/worker-${index}`);
    }
  });
});

test("the official consumer subscribes, receives in order, and commits; what is not committed comes again after the lease", async () => {
  const made = await create(bases()[2] ?? "", { client_id: "orders", ...received });
  const consumer = consumerOf(made);
  await consumer.subscribe();
  expect(await consumer.receive("one")).toMatchObject({ data: [], done: true });
  await mailTo(inbox, "first", "second", "third");
  await until(made, 3);
  const first = await consumer.receive("two", { limit: 2, leaseDurationMs: 60_000 });
  expect(subjectsOf(first.data)).toEqual(["first", "second"]);
  expect(first).toMatchObject({ done: false, data: [{ eventType: "message.received" }, {}] });
  const rest = await consumer.receive("two", { limit: 2, leaseDurationMs: 1 });
  expect({ subjects: subjectsOf(rest.data), done: rest.done }).toEqual({ subjects: ["third"], done: true });
  const again = await eventually("the lease to be over", async () => {
    const { data } = await consumer.receive("two", { leaseDurationMs: 1 });
    return data.length === 3 ? data : null;
  });
  await consumer.commit("two", itemsOf(again)[1]?.offset ?? -1);
  const left = await eventually("what was not committed", async () => {
    const { data } = await consumer.receive("two", { leaseDurationMs: 1 });
    return data.length > 0 ? data : null;
  });
  expect(subjectsOf(left)).toEqual(["third"]);
  await consumer.commit("two", itemsOf(left)[0]?.offset ?? -1);
  expect(await consumer.receive("two")).toMatchObject({ data: [], done: true });
  expect(subjectsOf((await consumer.receive("new")).data)).toEqual(["first", "second", "third"]);
  expect((await consumer.receive("late", latest)).data).toEqual([]);
});

test("a new consumer that begins with the latest skips many that nobody read, some thousands at a time", async () => {
  const made = await create(bases()[1] ?? "", { client_id: "unread", ...received });
  const database = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_worker" });
  await database.connect();
  await database.query(
    `with made as (insert into events (pod_id, id, organization_id, type, data, created_at)
       select p.id, gen_random_uuid(), p.organization_id, 'message.received', '{}', now()
       from pods p, generate_series(1, 12000) where p.id = $1 returning pod_id, id, organization_id)
     insert into polling_events (pod_id, event_id, organization_id, webhook_id)
     select pod_id, id, organization_id, $2::uuid from made`,
    [pod, made.webhook_id.slice("ep_".length)],
  );
  await database.end();
  const consumer = consumerOf(made);
  for (let time = 0; time < 2; time++)
    expect(await consumer.receive("late", latest)).toMatchObject({ data: [], done: false });
  expect(await consumer.receive("late", latest)).toMatchObject({ data: [], done: true });
  await mailTo(inbox, "the latest");
  const data = await eventually("the latest", async () => {
    const next = await consumer.receive("late", latest);
    return next.data.length > 0 ? next.data : null;
  });
  expect(subjectsOf(data)).toEqual(["the latest"]);
});

test("creating it again gives another token, and the one before is dead at once; something else under the name is a conflict", async () => {
  const base = bases()[1] ?? "";
  const made = await create(base, { client_id: "again", ...received });
  const remade = await create(base, { client_id: "again", ...received });
  expect(remade.webhook_id).toBe(made.webhook_id);
  expect(remade.token).not.toBe(made.token);
  await expect(consumerOf(made).receive("one")).rejects.toMatchObject({ code: 403 });
  expect(await consumerOf(remade).receive("one")).toMatchObject({ data: [] });
  const { status } = await app.request("POST", base, {
    body: { client_id: "again", event_types: ["message.sent"] },
  });
  expect(status).toBe(409);
  await app.request("DELETE", `${base}/again`);
  await expect(consumerOf(remade).receive("one")).rejects.toMatchObject({ code: 403 });
});

test("it has the events of what it was made in, or names, and no others", async () => {
  const other = (await client.pods.inboxes.create(pod, {})).inboxId;
  const elsewhere = (await client.pods.create({})).podId;
  const foreign = (await client.pods.inboxes.create(elsewhere, {})).inboxId;
  const [ofOrganization = "", ofPod = "", ofInbox = ""] = bases();
  const all = await create(ofOrganization, { client_id: "all", ...received });
  const one = await create(ofPod, { client_id: "one", inbox_ids: [other], ...received });
  const podsOwn = await create(ofPod, { client_id: "pod", ...received });
  const own = await create(ofInbox, { client_id: "own", ...received });
  await mailTo(foreign, "foreign");
  await mailTo(other, "other");
  await mailTo(inbox, "own");
  await until(all, 3);
  await until(podsOwn, 2);
  const subjects = async (made: Made) =>
    new Set(subjectsOf((await consumerOf(made).receive("reader", { limit: 250 })).data));
  expect(await subjects(all)).toEqual(new Set(["foreign", "other", "own"]));
  expect(await subjects(podsOwn)).toEqual(new Set(["other", "own"]));
  expect(await subjects(one)).toEqual(new Set(["other"]));
  expect(await subjects(own)).toEqual(new Set(["own"]));
});

test("a token opens its own subscription alone, and what is wrong with a request is said", async () => {
  const [, base = ""] = bases();
  const made = await create(base, { client_id: "token", ...received });
  const other = await create(base, { client_id: "other-token", ...received });
  const decoded = JSON.parse(Buffer.from(made.token.slice("auto_v1_".length), "base64").toString()) as {
    readonly aid: string;
    readonly eid: string;
    readonly surl: string;
    readonly tok: string;
  };
  expect(decoded).toMatchObject({ eid: made.webhook_id, surl: app.baseUrl });
  const path = (eid: string, aid = decoded.aid, consumer = "c") =>
    `/api/v1/app/${aid}/polling-endpoint/${eid}/consumer/${consumer}`;
  const as = { key: decoded.tok };
  expect((await app.request("GET", path(made.webhook_id), as)).status).toBe(200);
  expect((await app.request("GET", path(other.webhook_id), as)).status).toBe(403);
  expect((await app.request("GET", path(made.webhook_id, pod), as)).status).toBe(403);
  expect((await app.request("GET", path("ep_x"), as)).status).toBe(403);
  expect((await app.request("GET", path(made.webhook_id), { key: null })).status).toBe(401);
  expect((await app.request("GET", path(made.webhook_id))).status).toBe(403);
  for (const query of [
    ...["limit=0", "limit=251", "limit=x", "lease_duration_ms=0", "lease_duration_ms=1e99"],
    ...["starting_position=nonsense", "starting_position="],
  ]) {
    const { status, text } = await app.request("GET", `${path(made.webhook_id)}?${query}`, as);
    expect({ query, status }).toEqual({ query, status: 400 });
    expect(text).toContain(`"path":["${query.split("=")[0]}"]`);
  }
  expect((await app.request("GET", path(made.webhook_id, decoded.aid, "%20"), as)).status).toBe(400);
  for (const body of [
    "{",
    "[]",
    { offset: "1" },
    { offset: -1 },
    { offset: 1.5 },
    { offset: 99 },
    { offset: null },
  ])
    expect(
      (await app.request("POST", `${path(made.webhook_id)}/commit`, { ...as, body })).status,
      JSON.stringify(body),
    ).toBe(400);
  await app.request("POST", `/v0/pods/${pod}/suspend`, { body: {} });
  expect((await app.request("GET", path(made.webhook_id), as)).body).toMatchObject({ code: "pod_suspended" });
  await app.request("POST", `/v0/pods/${pod}/unsuspend`, { body: {} });
});

test("who names it is told that a loop of two programs was cut", async () => {
  const consumer = consumerOf(
    await create(`/v0/inboxes/${inbox}/webhooks/polling`, {
      client_id: "loops",
      event_types: ["thread.loop_cut"],
    }),
  );
  await mailTo(inbox, "A loop");
  const first = await eventually("the mail", async () => {
    const { messages } = await client.inboxes.messages.list(inbox, { labels: ["received"] });
    return messages.find(({ subject }) => subject === "A loop");
  });
  const reply = (): Promise<unknown> =>
    client.inboxes.messages.reply(inbox, first?.messageId ?? "", { text: "Yes." }, { maxRetries: 0 });
  for (let sent = 0; sent < 30; sent++) await reply();
  await expect(reply()).rejects.toMatchObject({ statusCode: 429 });
  const about = { pod_id: pod, inbox_id: inbox, thread_id: first?.threadId };
  expect(itemsOf((await consumer.receive("loops")).data)).toMatchObject([
    {
      eventType: "thread.loop_cut",
      payload: {
        ...{ type: "event", event_type: "thread.loop_cut", pod_id: pod },
        loop: { ...about, sent: 30, allowed: 30, answers_automatic: false },
      },
    },
  ]);
});

test("HEAD leases nothing, and asks for the token as GET does", async () => {
  const made = await create(bases()[2] ?? "", { client_id: "heads", ...received });
  await mailTo(inbox, "headed");
  await until(made, 1);
  // Cast: what the token holds, as Svix's clients decode it.
  const { aid, tok } = JSON.parse(
    Buffer.from(made.token.slice("auto_v1_".length), "base64url").toString(),
  ) as { aid: string; tok: string };
  const url = `${app.baseUrl}/api/v1/app/${aid}/polling-endpoint/${made.webhook_id}/consumer/head`;
  const head = async (headers: Record<string, string>) =>
    (await fetch(url, { method: "HEAD", headers })).status;
  expect(await head({ authorization: `Bearer ${tok}` })).toBe(200);
  expect(await head({})).toBe(401);
  expect(await head({ authorization: "Bearer another" })).toBe(403);
  expect(subjectsOf((await consumerOf(made).receive("head")).data)).toEqual(["headed"]);
});
