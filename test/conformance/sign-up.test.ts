/** The official `agentmail` client against a whole server where agents may sign up, and one where they may not. */
import { AgentMailClient } from "agentmail";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { failure } from "../support/failure.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let stranger: AgentMailClient;
let database: pg.Client;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SIGN_UP: "1" });
  stranger = new AgentMailClient({ baseUrl: app.baseUrl, apiKey: "none", maxRetries: 0 });
  database = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_worker" });
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await app.stop();
});

/** The sign-ups of this file are all from one network. */
const forgetNetwork = () => database.query("update sign_ups set network = null");

/** The newest code that was mailed to somebody, as the operator reads it: captured, in the postmaster's inbox. */
const codeFor = (human: string, but?: string, operator = app.client()): Promise<string> =>
  eventually("a code", async () => {
    const inbox = "postmaster@rookery.localhost";
    const page = await operator.inboxes.messages.list(inbox, { labels: ["sign-up"] }).catch(() => null);
    const found = page?.messages.find(({ to }) => to.includes(human));
    const code = /^\d{6}/.exec(found?.subject ?? "")?.[0];
    return code !== undefined && code !== but ? code : null;
  });

const signUp = async (username: string, humanEmail: string) => {
  await forgetNetwork();
  return stranger.agent.signUp({ username, humanEmail });
};

const otherCode = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, "0");

test("an agent signs up without a key, is bounded, and is free once its human's code comes back", async () => {
  const human = "ada@outside.test";
  const signed = await signUp("Scout", human);
  expect(signed.inboxId).toBe("scout@rookery.localhost");
  expect(signed.apiKey).toMatch(/^am_us_[0-9a-f]{64}$/);
  const agent = app.client(signed.apiKey);
  expect(await agent.auth.me()).toMatchObject({
    scopeType: "organization",
    organizationId: signed.organizationId,
  });
  expect((await agent.inboxes.list()).inboxes.map(({ inboxId }) => inboxId)).toEqual([signed.inboxId]);
  const send = (to: string) => agent.inboxes.messages.send(signed.inboxId, { to, text: "Hello" });
  expect(await failure(send("eve@outside.test"))).toMatchObject({
    status: 403,
    body: { code: "message_rejected", message: expect.stringContaining("not in allow list") },
  });
  await send(human);
  for (const refused of [
    () => agent.apiKeys.create({}),
    () => agent.pods.create({}),
    () => agent.domains.create({ domain: "agent.example-mail.com" }),
    () => agent.lists.create("send", "allow", { entry: "eve@outside.test" }),
  ])
    expect(await failure(refused())).toMatchObject({ status: 403, body: { code: "missing_permission" } });
  expect(await failure(agent.inboxes.create({}))).toMatchObject({
    status: 403,
    body: { code: "limit_exceeded", message: "Inbox limit exceeded" },
  });
  const code = await codeFor(human);
  expect(await failure(agent.agent.verify({ otpCode: otherCode(code) }))).toMatchObject({
    status: 400,
    body: { code: "validation_error", errors: [{ path: ["otp_code"] }] },
  });
  expect(await agent.agent.verify({ otpCode: code })).toEqual({ verified: true });
  expect(await failure(agent.agent.verify({ otpCode: code }))).toMatchObject({
    status: 403,
    body: { code: "missing_permission" },
  });
  await send("eve@outside.test");
  await agent.apiKeys.create({ name: "second" });
  await agent.inboxes.create({});
  expect(await failure(signUp("other", human))).toMatchObject({
    status: 403,
    body: { code: "already_exists" },
  });
});

test("signing up again for a human gives another key for the same inbox, and kills the one before", async () => {
  const human = "bob@outside.test";
  const first = await signUp("again", human);
  const second = await signUp("ignored", human);
  expect(second).toMatchObject({ organizationId: first.organizationId, inboxId: first.inboxId });
  expect(second.apiKey).not.toBe(first.apiKey);
  expect((await failure(app.client(first.apiKey).auth.me())).status).toBe(403);
  expect(await app.client(second.apiKey).auth.me()).toMatchObject({ organizationId: first.organizationId });
  // Where the code of the first was not mailed yet, both mail one; otherwise the second mails another, which alone is good then.
  const { agent } = app.client(second.apiKey);
  const code = await codeFor(human);
  const verified = await agent
    .verify({ otpCode: code })
    .catch(async () => agent.verify({ otpCode: await codeFor(human, code) }));
  expect(verified).toEqual({ verified: true });
});

test("ten wrong codes are refused, and from then on the right one too", async () => {
  const human = "carol@outside.test";
  const agent = app.client((await signUp("guesser", human)).apiKey);
  const code = await codeFor(human);
  const tries = Array.from({ length: 15 }, () => failure(agent.agent.verify({ otpCode: otherCode(code) })));
  const statuses = (await Promise.all(tries)).map(({ status }) => status).sort();
  expect(statuses).toEqual([...Array(10).fill(400), ...Array(5).fill(403)]);
  expect(await failure(agent.agent.verify({ otpCode: code }))).toMatchObject({
    status: 403,
    body: { code: "limit_exceeded" },
  });
});

test("no code is stored, and none of what is stored is one", async () => {
  const human = "dan@outside.test";
  await signUp("hashed", human);
  const code = await codeFor(human);
  const { rows } = await database.query(
    "select to_jsonb(s)::text as row from sign_ups s where human_email = $1",
    [human],
  );
  expect(rows).toHaveLength(1);
  expect(rows[0].row).not.toContain(code);
});

test("a username that is taken, a human who is nobody or here, and a name of the domain are refused", async () => {
  await signUp("taken", "fay@outside.test");
  expect(await failure(signUp("taken", "gus@outside.test"))).toMatchObject({
    status: 403,
    body: { code: "already_exists", message: "Inbox already exists" },
  });
  for (const username of ["abuse", "Postmaster"])
    expect((await failure(signUp(username, "gus@outside.test"))).body["code"]).toBe("already_exists");
  for (const human of ["a@example.com", "a@sub.example.org", "nobody", "x@rookery.localhost", "A <a@b.test>"])
    expect(await failure(signUp("fresh", human)), human).toMatchObject({
      status: 400,
      body: { errors: [{ path: ["human_email"] }] },
    });
  expect((await failure(signUp("not a name", "gus@outside.test"))).body).toMatchObject({
    errors: [{ path: ["username"] }],
  });
});

/** Of the newest client for Python, in which a human may be named later. */
const post = (path: string, body: unknown, key: string | null = null) =>
  app.request("POST", path, { key, body });

test("without a human the inbox only receives; one is named, replaced twice at most, and mailed a code", async () => {
  await forgetNetwork();
  const { body } = await post("/v0/agent/sign-up", { username: "alone" });
  const key = String(body["api_key"]);
  const agent = app.client(key);
  const send = (to: string) => agent.inboxes.messages.send(String(body["inbox_id"]), { to, text: "Hello" });
  expect(await failure(send("ida@outside.test"))).toMatchObject({
    status: 403,
    body: { code: "message_rejected" },
  });
  const name = (human_email: string) => post("/v0/agent/human", { human_email }, key);
  expect(await name("ida@outside.test")).toMatchObject({
    status: 200,
    body: { human_email: "ida@outside.test", instructions: expect.stringContaining("/v0/agent/verify") },
  });
  const first = await codeFor("ida@outside.test");
  await send("ida@outside.test");
  expect((await name("ida@outside.test")).status).toBe(200);
  expect(await name("ada@outside.test")).toMatchObject({ status: 403, body: { code: "already_exists" } });
  expect((await name("jon@outside.test")).status).toBe(200);
  const second = await codeFor("jon@outside.test");
  if (first !== second)
    expect(await failure(agent.agent.verify({ otpCode: first }))).toMatchObject({ status: 400 });
  expect((await name("kim@outside.test")).status).toBe(200);
  expect(await name("leo@outside.test")).toMatchObject({ status: 409, body: { code: "conflict" } });
  await agent.agent.verify({ otpCode: await codeFor("kim@outside.test") });
  expect(await name("kim@outside.test")).toMatchObject({ status: 403, body: { code: "missing_permission" } });
});

test("eleven recipients in a day are too many before it is verified", async () => {
  const human = "max@outside.test";
  const { apiKey, inboxId } = await signUp("chatty", human);
  const send = () => app.client(apiKey).inboxes.messages.send(inboxId, { to: human, text: "Hello" });
  for (let times = 0; times < 10; times++) await send();
  expect(await failure(send())).toMatchObject({
    status: 429,
    body: { code: "rate_limit_exceeded", message: "Daily send limit exceeded" },
  });
});

test("two that sign up for one human at once get one organization", async () => {
  await forgetNetwork();
  const both = await Promise.all(
    ["left", "right"].map((username) =>
      post("/v0/agent/sign-up", { username, human_email: "nat@outside.test" }),
    ),
  );
  expect(both.every(({ status, body }) => status === 200 || body["code"] === "already_exists")).toBe(true);
  const { rows } = await database.query(
    "select count(*)::int as n from sign_ups where human_email = 'nat@outside.test'",
  );
  expect(rows).toEqual([{ n: 1 }]);
});

test("an organization of an agent sees nothing of another's, nor anybody of it", async () => {
  const one = await signUp("one", "one@outside.test");
  const two = await signUp("two", "two@outside.test");
  const agent = app.client(one.apiKey);
  expect((await failure(agent.inboxes.get(two.inboxId))).status).toBe(404);
  expect((await failure(agent.pods.get(two.organizationId))).status).toBe(404);
  expect(JSON.stringify(await agent.inboxes.list())).not.toContain(two.inboxId);
  expect((await failure(app.client().inboxes.get(one.inboxId))).status).toBe(404);
});

test("row-level security gives each organization the row of its own sign-up, and what is in no scope none", async () => {
  const one = await signUp("mine", "mine@outside.test");
  const two = await signUp("theirs", "theirs@outside.test");
  const requests = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_app" });
  await requests.connect();
  const inScope = async (organization: string, query: string): Promise<pg.QueryResult> => {
    await requests.query("begin");
    try {
      await requests.query(`set local rookery.organization_id = '${organization}'`);
      return await requests.query(query);
    } finally {
      await requests.query("rollback");
    }
  };
  try {
    for (const { organizationId } of [one, two]) {
      const { rows } = await inScope(organizationId, "select organization_id from sign_ups");
      expect(rows).toEqual([{ organization_id: organizationId }]);
      const forged = `update sign_ups set verified_at = now(), network = 'x' returning organization_id`;
      expect((await inScope(organizationId, forged)).rows).toEqual([{ organization_id: organizationId }]);
      const given = `update sign_ups set organization_id = '${one.organizationId === organizationId ? two.organizationId : one.organizationId}'`;
      await expect(inScope(organizationId, given)).rejects.toThrow(/row-level security/);
    }
    const { organizationId: operator } = await app.client().organizations.get();
    for (const nobody of [operator, ""]) {
      expect((await inScope(nobody, "select * from sign_ups")).rows).toEqual([]);
      expect((await inScope(nobody, "delete from sign_ups")).rowCount).toBe(0);
    }
  } finally {
    await requests.end();
  }
});

test("keys of a pod and of an inbox neither verify nor name a human, in the agent's organization and in the operator's", async () => {
  const human = "narrow@outside.test";
  const signed = await signUp("narrow", human);
  const agent = app.client(signed.apiKey);
  await agent.agent.verify({ otpCode: await codeFor(human) });
  const ofInbox = await agent.inboxes.apiKeys.create(signed.inboxId, {});
  const ofPod = await agent.pods.apiKeys.create(signed.organizationId, {});
  const operators = await app.client().pods.apiKeys.create((await app.client().pods.create({})).podId, {});
  for (const key of [ofInbox, ofPod, operators]) {
    if (!("apiKey" in key)) throw new Error("not a bearer key");
    for (const [path, body] of [
      ["/v0/agent/verify", { otp_code: "000000" }],
      ["/v0/agent/human", { human_email: "else@outside.test" }],
    ] as const)
      expect(await post(path, body, key.apiKey)).toMatchObject({
        status: 403,
        body: { code: "missing_permission" },
      });
  }
});

test("the eleventh sign-up of a network in an hour is told to wait", async () => {
  await forgetNetwork();
  for (let times = 0; times < 10; times++)
    expect((await post("/v0/agent/sign-up", { username: `flood-${times}` })).status).toBe(200);
  expect(await post("/v0/agent/sign-up", { username: "flood-10" })).toMatchObject({
    status: 429,
    body: { code: "rate_limit_exceeded" },
  });
});

test("where the operator does not allow it, signing up is refused and says so; others have nothing to verify", async () => {
  const closed = await testApp({ ROOKERY_SERVICES: "http" });
  try {
    const client = new AgentMailClient({ baseUrl: closed.baseUrl, apiKey: "none", maxRetries: 0 });
    expect(await failure(client.agent.signUp({ username: "x", humanEmail: "a@outside.test" }))).toMatchObject(
      {
        status: 403,
        body: { code: "forbidden", fix: expect.stringContaining("ROOKERY_SIGN_UP") },
      },
    );
    expect(await failure(closed.client().agent.verify({ otpCode: "000000" }))).toMatchObject({
      status: 403,
      body: { code: "missing_permission" },
    });
  } finally {
    await closed.stop();
  }
});

test("a code is mailed by the operator's postmaster, in whatever pod that inbox is", async () => {
  const server = await testApp({ ROOKERY_SIGN_UP: "1" });
  try {
    const operator = server.client();
    const { podId } = await operator.pods.create({ name: "Operations" });
    await operator.pods.inboxes.create(podId, { username: "postmaster" });
    const newcomer = new AgentMailClient({ baseUrl: server.baseUrl, apiKey: "none", maxRetries: 0 });
    await newcomer.agent.signUp({ username: "scout", humanEmail: "ada@outside.test" });
    expect(await codeFor("ada@outside.test", undefined, operator)).toMatch(/^\d{6}$/);
  } finally {
    await server.stop();
  }
});
