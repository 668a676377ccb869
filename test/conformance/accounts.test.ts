/** Accounts by Nylas's own client, and by requests as its command line sends them; one store with the other API. */
import type { AgentMailClient } from "agentmail";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Nylas } from "../support/nylas.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let nylas: Nylas;
let agentmail: AgentMailClient;
let workspaceId: string;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
  nylas = app.nylas();
  agentmail = app.client();
  workspaceId = (await agentmail.pods.create({ name: "Tenant" })).podId;
});
afterAll(async () => app.stop());

const at = (username: string): string => `${username}@rookery.localhost`;

/** A body as scripts send it; the client's types know no name and no workspace. */
const create = (email: string, more: object = {}, settings: object = {}) =>
  nylas.auth.customAuthentication({
    requestBody: { provider: "nylas", settings: { email, ...settings }, ...more } as never,
  });

const failure = async (act: Promise<unknown>) => {
  const error: unknown = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  // Cast: what the client throws has these.
  const { statusCode, type, message, requestId } = (error ?? {}) as Record<string, unknown>;
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  return { statusCode, type, message };
};

const notFound = { statusCode: 404, type: "api.not_found_error", message: "Resource not found." };

describe("an account", () => {
  test("is created with all that it can be given, and read back by every name it has", async () => {
    const { data } = await create(
      at("Scout"),
      { name: "Scout", workspaceId, state: "order-42" },
      { appPassword: "Correct-Horse-Battery-1" },
    );
    const account = {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      provider: "nylas",
      grantStatus: "valid",
      email: at("scout"),
      name: "Scout",
      scope: [],
      settings: { email: at("scout") },
      workspaceId,
      state: "order-42",
      createdAt: expect.any(Number),
      updatedAt: expect.any(Number),
    };
    expect(data).toEqual(account);
    const names = [data.id, `grant:${data.id}`, at("scout"), at("SCOUT"), `email:${at("scout")}`];
    for (const grantId of names) expect((await nylas.grants.find({ grantId })).data, grantId).toEqual(data);
    const raw = await app.request("GET", `/v3/grants/${at("scout")}`);
    expect(raw.text).not.toContain("assword");
    expect(raw.body["data"]).toMatchObject({ id: data.id });
  });

  test("of the default workspace has no name and no state unless they are given", async () => {
    const answer = await app.request("POST", "/v3/connect/custom", {
      body: { provider: "nylas", settings: { email: at("plain") } },
    });
    expect(answer.status).toBe(201);
    const { organizationId } = await agentmail.organizations.get();
    expect(answer.body["data"]).toEqual({
      ...{ id: expect.any(String), provider: "nylas", grant_status: "valid", email: at("plain"), scope: [] },
      ...{ settings: { email: at("plain") }, workspace_id: organizationId },
      ...{ created_at: expect.any(Number), updated_at: expect.any(Number) },
    });
  });

  test("changes what is given and keeps the rest", async () => {
    const { data } = await create(at("change"), { name: "Before", state: "kept" });
    const grantId = data.id;
    const update = async (requestBody: object) =>
      (await nylas.grants.update({ grantId, requestBody: requestBody as never })).data;
    expect(await update({ name: "After" })).toMatchObject({ name: "After", state: "kept" });
    // As the vendor's command line sends it: the address comes along.
    const settings = { email: at("change"), appPassword: "Other.App.Password.2" };
    expect(await update({ settings })).toMatchObject({ name: "After", email: at("change") });
    expect(await update({})).toMatchObject({ name: "After" });
    expect(
      await update({ settings: { appPassword: null }, workspaceId: data["workspaceId" as never] }),
    ).toMatchObject({
      name: "After",
    });
    expect(await update({ name: "" })).not.toHaveProperty("name");
    expect(await update({ name: "Again" })).toMatchObject({ name: "Again" });
    expect(await update({ name: null })).not.toHaveProperty("name");
    expect(await failure(update({ settings: { email: at("other") } }))).toMatchObject({
      statusCode: 400,
      type: "api.invalid_request_error",
      message: expect.stringContaining("settings.email"),
    });
    expect(await failure(update({ workspaceId: "0190a000-0000-7000-8000-00000000dead" }))).toEqual(notFound);
  });

  test("moves to the workspace that is named, in one request with other changes, if the key is the application's", async () => {
    const { data } = await create(at("mover"), { name: "Before", workspaceId });
    const grantId = data.id;
    const other = (await agentmail.pods.create({ name: "Other" })).podId;
    const podKey = await agentmail.pods.apiKeys.create(workspaceId, {});
    const tenant = app.nylas("apiKey" in podKey ? podKey.apiKey : "");
    const body = { name: "After", workspaceId: other } as never;
    expect(await failure(tenant.grants.update({ grantId, requestBody: body }))).toMatchObject({
      statusCode: 403,
      type: "insufficient_scopes",
    });
    expect((await tenant.grants.find({ grantId })).data).toEqual(data);
    const moved = await nylas.grants.update({ grantId, requestBody: body });
    expect(moved.data).toMatchObject({
      id: grantId,
      name: "After",
      workspaceId: other,
      grantStatus: "valid",
    });
    expect((await nylas.grants.find({ grantId: at("mover") })).data).toEqual(moved.data);
    expect(await failure(tenant.grants.find({ grantId }))).toEqual(notFound);
    const again = await nylas.grants.update({ grantId, requestBody: { workspaceId: other } as never });
    expect(again.data).toMatchObject({ workspaceId: other });
  });

  test("is gone when it is deleted, under every name, and its address is free again", async () => {
    const { data } = await create(at("gone"));
    expect(await nylas.grants.destroy({ grantId: at("gone") })).toMatchObject({
      requestId: expect.any(String),
    });
    for (const grantId of [data.id, at("gone"), `external:x`])
      expect(await failure(nylas.grants.find({ grantId }))).toEqual(notFound);
    const again = await create(at("gone"));
    expect(again.data.id).not.toBe(data.id);
  });

  test("says why it is not valid while it is paused", async () => {
    const { data } = await create(at("paused"));
    await app.request("POST", `/v0/inboxes/${at("paused")}/pause`);
    const { body } = await app.request("GET", `/v3/grants/${data.id}`);
    expect(body["data"]).toMatchObject({
      grant_status: "invalid",
      blocked: true,
      faults: [{ code: "paused", message: expect.stringContaining("paused"), since: expect.any(Number) }],
    });
    const { data: invalid } = await nylas.grants.list({ queryParams: { grantStatus: "invalid" } as never });
    expect(invalid.map(({ email }) => email)).toEqual([at("paused")]);
    await app.request("POST", `/v0/inboxes/${at("paused")}/resume`);
    expect((await nylas.grants.find({ grantId: data.id })).data.grantStatus).toBe("valid");
  });
});

describe("a create that cannot be done", () => {
  const badPassword = { appPassword: "too-short-1A" };
  test.each<[string, () => Promise<unknown>, object]>([
    [
      "of an address that an account has",
      () => create(at("TWICE")),
      { statusCode: 409, type: "api.conflict_error", message: "An account with this email already exists" },
    ],
    [
      "on a domain that is not registered",
      () => create("scout@unregistered.example"),
      {
        statusCode: 404,
        type: "api.not_found_error",
        message: "Provisioning the inbox failed: Domain not found",
      },
    ],
    ["in a workspace that is not there", () => create(at("w"), { workspaceId: "acme" }), notFound],
    [
      "with a weak app password",
      () => create(at("x"), {}, badPassword),
      { statusCode: 400, message: expect.stringContaining("settings.app_password") },
    ],
    [
      "with a policy that its workspace has not",
      () => create(at("x"), {}, { policyId: "0190a000-0000-7000-8000-00000000dead" }),
      { statusCode: 400, message: expect.stringContaining("settings.policy_id") },
    ],
    [
      "with an address that is none",
      () => create("no address"),
      { statusCode: 400, message: expect.stringContaining("settings.email") },
    ],
    [
      "of another provider",
      () => create(at("x"), { provider: "google" }),
      { statusCode: 400, message: expect.stringContaining("not available for provider google") },
    ],
  ])("%s is refused as its clients expect, and makes nothing", async (_what, act, expected) => {
    await create(at("twice")).catch(() => undefined);
    const before = (await nylas.grants.list({ queryParams: { limit: 200 } })).data.length;
    expect(await failure(act())).toMatchObject(expected);
    expect((await nylas.grants.list({ queryParams: { limit: 200 } })).data).toHaveLength(before);
  });

  test("because another creates the same address at the same time is refused, and one is made", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => create(at("race"))));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});

describe("a list", () => {
  const listed = async (queryParams: object): Promise<string[]> =>
    (await nylas.grants.list({ queryParams: queryParams as never })).data.map(({ email = "" }) => email);

  beforeAll(async () => {
    for (const name of ["l0", "l1", "l2"]) await create(at(name), { workspaceId });
    for (let made = 0; made < 10; made++) await create(at(`many-${made}`));
  });

  test("has ten accounts unless it is asked for more, the newest first, and echoes what was applied", async () => {
    const { body } = await app.request("GET", "/v3/grants");
    expect(body).toMatchObject({ limit: 10, offset: 0, data: { length: 10 } });
    const clamped = await app.request("GET", "/v3/grants?limit=1000&offset=2");
    expect(clamped.body).toMatchObject({ limit: 200, offset: 2 });
    expect(clamped.body).not.toHaveProperty("next_cursor");
    expect((await listed({ limit: 3 }))[0]).toBe(at("many-9"));
  });

  test("is walked by offset, and filtered", async () => {
    const all = await listed({ limit: 200 });
    const paged: string[] = [];
    for (let offset = 0; offset < all.length; offset += 7)
      paged.push(...(await listed({ limit: 7, offset })));
    expect(paged).toEqual(all);
    expect(new Set(all).size).toBe(all.length);
    expect(await listed({ email: at("L1") })).toEqual([at("l1")]);
    expect((await listed({ limit: 200, workspaceId })).slice(0, 3)).toEqual([at("l2"), at("l1"), at("l0")]);
    expect(await listed({ provider: "google" })).toEqual([]);
    // No account has one: passed over, these filters would answer with all.
    for (const filter of [{ ip: "192.0.2.1" }, { accountId: "a" }, { accountIds: "a,b" }])
      expect(await listed(filter), JSON.stringify(filter)).toEqual([]);
    expect(await listed({ limit: 200, provider: "nylas", orderBy: "asc" })).toEqual(all.toReversed());
    expect(await listed({ workspaceId: "acme" })).toEqual([]);
    expect(await listed({ since: 4_000_000_000 })).toEqual([]);
    expect(await listed({ before: 1000 })).toEqual([]);
  });

  test.each([
    "limit=0",
    "limit=-1",
    "limit=abc",
    "limit=1.5",
    "offset=-1",
    "offset=x",
    "offset=1e30",
    "sort_by=email",
    "order_by=up",
    "grant_status=broken",
    "since=yesterday",
    "since=-1",
  ])("with %s is refused by the name of the field", async (query) => {
    const { status, body } = await app.request("GET", `/v3/grants?${query}`);
    expect(status).toBe(400);
    expect(body["error"]).toMatchObject({ message: expect.stringContaining(query.split("=")[0] ?? "") });
  });
});

describe("one store", () => {
  test("an inbox is an account under its UUID, and an account is an inbox under its address", async () => {
    const inbox = await agentmail.pods.inboxes.create(workspaceId, {
      ...{ username: "from-v0", displayName: "V0", clientId: "mine" },
    });
    const { data } = await nylas.grants.find({ grantId: "external:mine" });
    expect(data).toMatchObject({ email: inbox.inboxId, name: "V0", workspaceId });
    await create(at("from+x").replace("+", "-"), { name: "V3", workspaceId });
    const made = await agentmail.inboxes.get(at("from-x"));
    expect(made).toMatchObject({ podId: workspaceId, displayName: "V3" });
    await agentmail.inboxes.delete(at("from-x"));
    expect(await failure(nylas.grants.find({ grantId: at("from-x") }))).toEqual(notFound);
  });

  test("a key of an inbox is its own account, which it calls me; a wider key has none", async () => {
    const { data } = await create(at("self"), { workspaceId });
    const key = await agentmail.inboxes.apiKeys.create(at("self"), {});
    const own = app.nylas("apiKey" in key ? key.apiKey : "");
    expect((await own.grants.find({ grantId: "me" })).data).toEqual(data);
    expect((await own.grants.list()).data).toEqual([data]);
    expect(await failure(own.grants.find({ grantId: at("from-v0") }))).toEqual(notFound);
    expect(await failure(nylas.grants.find({ grantId: "me" }))).toMatchObject({ statusCode: 400 });
    const second = own.auth.customAuthentication({
      requestBody: { provider: "nylas", settings: { email: at("child") } } as never,
    });
    expect(await failure(second)).toMatchObject({ statusCode: 403, type: "insufficient_scopes" });
  });
});
