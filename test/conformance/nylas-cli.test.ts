/**
 * What Nylas's command line asks of a server for accounts and to sign in, command by command and in the order of its
 * calls, with the answers decoded as it decodes them. No registry has the program for a test to install it from.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestApp, testApp } from "../support/test-app.ts";
import { type NylasCli, nylasCli, pathOf } from "./nylas-cli/client.ts";
import { type Commands, commandsOf, PAGE } from "./nylas-cli/commands.ts";
import {
  application,
  assigned,
  connector,
  grant,
  many,
  one,
  policy,
  redirectUri,
  valueList,
} from "./nylas-cli/objects.ts";

const ABSENT = "0190a000-0000-7000-8000-00000000dead";

let app: TestApp;
let cli: NylasCli;
let commands: Commands;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
  cli = nylasCli(app.baseUrl, app.rootKey);
  commands = commandsOf(cli);
});
afterAll(async () => app.stop());

const at = (username: string): string => `${username}@rookery.localhost`;

test("lists of nothing are empty arrays, not null", async () => {
  expect(await commands.listAccounts()).toEqual([]);
  expect(await commands.walk("/v3/policies", policy)).toEqual([]);
  expect(await commands.listRules()).toEqual([]);
  expect(await commands.walk("/v3/lists", valueList)).toEqual([]);
  expect(await commands.listWorkspaces()).toMatchObject([{ default: true, rule_ids: [] }]);
});

describe("agent account", () => {
  test("create makes an account with the name and the app password", async () => {
    const made = await commands.createAccount(
      at("Scout"),
      { name: "Scout" },
      { app_password: "Correct-Horse-Battery-1" },
    );
    expect(made).toMatchObject({ email: at("scout"), name: "Scout", grant_status: "valid", settings: {} });
    // Connectors that twenty creates at once post are one.
    const body = { name: "nylas", provider: "nylas" };
    const posts = Array.from({ length: 5 }, () =>
      cli.need(one(connector), "POST", "/v3/connectors", { body }),
    );
    for (const { data } of await Promise.all(posts)) expect(data.provider).toBe("nylas");
    expect((await cli.need(many(connector), "GET", "/v3/connectors")).data).toHaveLength(1);
  });

  test("create a second time is refused with a sentence, and so is a domain that is not registered", async () => {
    const settings = { email: at("scout") };
    const body = { provider: "nylas", settings };
    const twice = await cli.refused("POST", "/v3/connect/custom", { body });
    expect(twice).toMatchObject({ status: 409, message: expect.stringContaining("exists") });
    // With these words it would be told as a domain that is missing, or one too many.
    expect(twice.message).not.toMatch(/domain/i);
    const elsewhere = { provider: "nylas", settings: { email: "a@unregistered.example" } };
    const unregistered = await cli.refused("POST", "/v3/connect/custom", { body: elsewhere });
    expect([400, 404, 422]).toContain(unregistered.status);
    expect(unregistered.message).toMatch(
      /domain.*(not registered|not found|does not exist|doesn't exist|missing|unknown)/i,
    );
    expect(await commands.listAccounts()).toHaveLength(1);
  });

  test("get finds it by address in any case and by id; one that is missing is 404", async () => {
    const found = await commands.findAccount(at("SCOUT"));
    expect(await commands.getAccount(found.id)).toEqual(found);
    for (const id of [ABSENT, "no-such-id", "a b/c"])
      expect(await cli.refused("GET", pathOf("grants", id))).toMatchObject({ status: 404 });
  });

  test("update keeps what it does not send", async () => {
    const { id, email } = await commands.findAccount(at("scout"));
    await commands.getAccount(id);
    const patch = (body: object) => cli.need(one(grant), "PATCH", pathOf("grants", id), { body });
    const named = await patch({ settings: { email }, name: "Renamed" });
    expect(named.data).toMatchObject({ id, name: "Renamed" });
    const password = await patch({ settings: { email, app_password: "Other.App.Password.2" } });
    expect(password.data).toMatchObject({ id, name: "Renamed", email });
  });

  test("move assigns it to a workspace; one that is missing is 404", async () => {
    const { id } = await commands.findAccount(at("scout"));
    const target = await commands.createWorkspace({ name: "Target", domain: "target.example" });
    const path = pathOf("workspaces", target.workspace_id, "manual-assign");
    const body = { assign_grants: [id] };
    const { data } = await cli.need(one(assigned), "POST", path, { body });
    expect(data).toMatchObject({
      workspace_id: target.workspace_id,
      domain: "target.example",
      grants_assigned: [id],
      grants_removed: [],
    });
    expect(await commands.getAccount(id)).toMatchObject({ workspace_id: target.workspace_id });
    const missing = await cli.refused("POST", pathOf("workspaces", ABSENT, "manual-assign"), { body });
    expect(missing.status).toBe(404);
    await cli.remove(pathOf("workspaces", target.workspace_id));
    expect((await commands.getWorkspace((await commands.getAccount(id)).workspace_id)).default).toBe(true);
  });

  test("delete takes it from the next list, and its address can be had again", async () => {
    const { id } = await commands.findAccount(at("scout"));
    await commands.getAccount(id);
    await cli.remove(pathOf("grants", id));
    expect(await commands.listAccounts()).toEqual([]);
    expect(await cli.refused("GET", pathOf("grants", id))).toMatchObject({ status: 404 });
    expect(await cli.refused("DELETE", pathOf("grants", id))).toMatchObject({ status: 404 });
    expect((await commands.createAccount(at("scout"))).id).not.toBe(id);
  });

  test("list has every account once, in full pages of 200, the newest first", async () => {
    const names = Array.from({ length: 2 * PAGE }, (_none, index) => `fleet-${index}`);
    for (let from = 0; from < names.length; from += 20)
      await Promise.all(names.slice(from, from + 20).map((name) => commands.createAccount(at(name))));
    const sizes = await Promise.all(
      [0, PAGE, 2 * PAGE].map(async (offset) => {
        const query = { limit: PAGE, ...(offset > 0 && { offset }) };
        return (await cli.need(many(grant), "GET", "/v3/grants", { query })).data.length;
      }),
    );
    expect(sizes).toEqual([PAGE, PAGE, 1]);
    const all = await commands.listAccounts();
    expect(new Set(all.map(({ email }) => email))).toEqual(new Set([at("scout"), ...names.map(at)]));
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.map((one) => one.created_at)).toEqual(
      all.map((one) => one.created_at).toSorted((first, second) => second - first),
    );
    const latest = await commands.createAccount(at("latest"));
    expect((await commands.listAccounts())[0]).toEqual(latest);
  });
});

describe("auth", () => {
  test("switch, list, whoami and scopes read the accounts and their scopes", async () => {
    const { id, scope } = await commands.findAccount(at("scout"));
    expect(scope).toEqual([]);
    expect(await commands.getAccount(id)).toMatchObject({ email: at("scout"), grant_status: "valid", scope });
  });

  test("config and init read the application and register their callback once", async () => {
    const read = async () =>
      (await cli.need(many(redirectUri), "GET", "/v3/applications/callback-uris")).data;
    await cli.need(one(application), "GET", "/v3/applications");
    expect(await read()).toEqual([]);
    const body = { url: "http://localhost:9007/callback", platform: "web" };
    await cli.need(one(redirectUri), "POST", "/v3/applications/callback-uris", { body });
    expect(await read()).toMatchObject([body]);
    expect((await cli.need(one(application), "GET", "/v3/applications")).data.callback_uris).toMatchObject([
      body,
    ]);
  });
});

describe("whatever the command", () => {
  const ids = ["grants", "policies", "rules", "lists", "workspaces"].map((noun) => pathOf(noun, ABSENT));
  const calls = [
    ...["/v3/applications", "/v3/applications/callback-uris", "/v3/connectors", "/v3/grants"],
    ...["/v3/policies", "/v3/rules", "/v3/lists", "/v3/workspaces", "/v3/", "/v3/absent", ...ids],
  ].map((path) => ["GET", path] as const);
  const changes = [
    ["POST", "/v3/connect/custom"],
    ["PATCH", pathOf("grants", ABSENT)],
    ["PUT", pathOf("rules", ABSENT)],
    ["DELETE", pathOf("lists", ABSENT, "items")],
    ["POST", pathOf("workspaces", ABSENT, "manual-assign")],
  ] as const;

  test("a wrong key and none are 401 in JSON on every route", async () => {
    for (const key of ["wrong", null])
      for (const [method, path] of [...calls, ...changes]) {
        const options = method === "GET" ? {} : { body: { items: ["a.example"] } };
        const refused = await nylasCli(app.baseUrl, key).refused(method, path, options);
        expect(refused, `${method} ${path}`).toMatchObject({ status: 401 });
      }
  });

  test("what is over its rate is 429, with whole seconds to wait", async () => {
    await cli.ask("POST", "/v3/workspaces/auto-group");
    const over = await cli.ask("POST", "/v3/workspaces/auto-group");
    expect(over).toMatchObject({ status: 429, body: { error: { message: expect.stringMatching(/./) } } });
    expect(over.retryAfter).toMatch(/^\d+$/);
    expect(Number(over.retryAfter)).toBeLessThanOrEqual(60);
  });

  test("a POST with no body at all is answered as one with an empty object", async () => {
    expect(await cli.refused("POST", "/v3/connect/custom")).toMatchObject({ status: 400 });
    expect(await cli.refused("POST", "/v3/rules")).toMatchObject({ status: 400 });
  });
});
