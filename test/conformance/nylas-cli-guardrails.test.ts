/** What Nylas's command line asks of a server for policies, rules, lists and workspaces: see nylas-cli.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestApp, testApp } from "../support/test-app.ts";
import { type NylasCli, nylasCli, pathOf } from "./nylas-cli/client.ts";
import { type Commands, commandsOf } from "./nylas-cli/commands.ts";
import { anyId, connector, listItem, many, one, policy, rule, valueList } from "./nylas-cli/objects.ts";

const SCOUT = "scout@rookery.localhost";

let app: TestApp;
let cli: NylasCli;
let commands: Commands;
let scout: string;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
  cli = nylasCli(app.baseUrl, app.rootKey);
  commands = commandsOf(cli);
  scout = (await commands.createAccount(SCOUT)).id;
});
afterAll(async () => app.stop());

const blockEvil = {
  name: "Evil",
  enabled: true,
  trigger: "inbound",
  match: { operator: "all", conditions: [{ field: "from.domain", operator: "is", value: "evil.example" }] },
  actions: [{ type: "block" }],
};

describe("agent policy", () => {
  test("create, list, get, update and delete: changes merge, and times are numbers", async () => {
    const body = {
      name: "Standard",
      limits: { limit_count_daily_message_per_grant: 500, limit_attachment_count_limit: 10 },
      spam_detection: { use_list_dnsbl: true },
    };
    const made = (await cli.need(one(policy), "POST", "/v3/policies", { body })).data;
    expect(made).toMatchObject(body);
    expect(await commands.walk("/v3/policies", policy)).toEqual([made]);
    const path = pathOf("policies", made.id);
    expect((await cli.need(one(policy), "GET", path)).data).toEqual(made);
    const change = { spam_detection: { spam_sensitivity: 2 } };
    const changed = (await cli.need(one(policy), "PUT", path, { body: change })).data;
    expect(changed).toMatchObject({ ...body, spam_detection: { use_list_dnsbl: true, spam_sensitivity: 2 } });
    await cli.remove(path);
    expect(await commands.walk("/v3/policies", policy)).toEqual([]);
    expect(await cli.refused("GET", path)).toMatchObject({ status: 404 });
  });

  test("a limit above the maximum is refused in words that the command shows of a 403", async () => {
    const body = { name: "Large", limits: { limit_size_total_mime: 2 ** 40 } };
    const { status, message } = await cli.refused("POST", "/v3/policies", { body });
    expect(status).toBe(403);
    expect(message).toMatch(/limit_size_total_mime exceeds plan maximum of \d+\..*for this plan/);
  });

  test("list goes on by cursor, and ends", async () => {
    const names = Array.from({ length: 60 }, (_none, index) => `P${index}`);
    const ids: string[] = [];
    for (const name of names)
      ids.push((await cli.need(one(policy), "POST", "/v3/policies", { body: { name } })).data.id);
    expect((await commands.walk("/v3/policies", policy)).map(({ name }) => name)).toEqual(names.toReversed());
    for (const id of ids) await cli.remove(pathOf("policies", id));
  });
});

describe("agent rule", () => {
  test("create attaches it to the workspace of the account; list is nested", async () => {
    const full = { ...blockEvil, description: "Of evil", priority: 5 };
    const made = await commands.createRule(scout, full);
    expect(made).toMatchObject(full);
    // A body of the caller's own is sent as it is, and what the flags would add is the server's to add.
    const { name, match, actions } = blockEvil;
    const bare = await commands.createRule(scout, {
      name,
      match: { conditions: match.conditions },
      actions,
    });
    expect(bare).toMatchObject(blockEvil);
    expect((await commands.listRules()).map(({ id }) => id).toSorted()).toEqual(
      [made.id, bare.id].toSorted(),
    );
    const { workspace_id } = await commands.getAccount(scout);
    expect((await commands.getWorkspace(workspace_id)).rule_ids).toEqual([made.id, bare.id]);
    expect((await cli.need(one(rule), "GET", pathOf("rules", made.id))).data).toEqual(made);
  });

  test("update sends one field, and the others stay; null detaches in delete's order", async () => {
    const [first] = await commands.listRules();
    const path = pathOf("rules", first?.id ?? "");
    const before = (await cli.need(one(rule), "GET", path)).data;
    const after = (await cli.need(one(rule), "PUT", path, { body: { enabled: false } })).data;
    expect(after).toEqual({ ...before, enabled: false, updated_at: after.updated_at });
    for (const { workspace_id, rule_ids } of await commands.listWorkspaces())
      if (rule_ids.includes(before.id)) {
        const rest = (await commands.getWorkspace(workspace_id)).rule_ids.filter((id) => id !== before.id);
        expect((await commands.patchWorkspace(workspace_id, { rule_ids: rest })).rule_ids).toEqual(rest);
      }
    await cli.remove(path);
    expect((await commands.listRules()).map(({ id }) => id)).not.toContain(before.id);
    expect(await cli.refused("GET", path)).toMatchObject({ status: 404 });
    expect(await cli.refused("PUT", path, { body: { enabled: true } })).toMatchObject({ status: 404 });
  });

  test("list goes on by cursor in the nested form, and ends", async () => {
    const known = (await commands.listRules()).length;
    const ids: string[] = [];
    for (let made = 0; made < 60; made++)
      ids.push((await cli.need(one(rule), "POST", "/v3/rules", { body: blockEvil })).data.id);
    const listed = (await commands.listRules()).map(({ id }) => id);
    expect(listed).toHaveLength(known + ids.length);
    expect(listed).toEqual(expect.arrayContaining(ids));
    for (const id of ids) await cli.remove(pathOf("rules", id));
  });

  test("what the command leaves to the server is refused with a sentence", async () => {
    const conditions = [{ field: "subject", operator: "is", value: "x" }];
    const body = { ...blockEvil, match: { operator: "all", conditions } };
    expect(await cli.refused("POST", "/v3/rules", { body })).toMatchObject({ status: 400 });
  });
});

describe("agent list", () => {
  test("create with items, get, add, remove with a body, update and delete", async () => {
    const body = { name: "Spammers", type: "domain", description: "Ours" };
    const made = (await cli.need(one(valueList), "POST", "/v3/lists", { body })).data;
    expect(made).toMatchObject({ ...body, items_count: 0 });
    const [path, items] = [pathOf("lists", made.id), pathOf("lists", made.id, "items")];
    expect(await commands.walk(items, listItem)).toEqual([]);
    const change = async (method: string, ...values: string[]) =>
      (await cli.need(one(valueList), method, items, { body: { items: values } })).data.items_count;
    expect(await change("POST", "a.example", "@B.example")).toBe(2);
    expect(await change("POST", "a.example", "c.example")).toBe(3);
    expect(await commands.walk(items, listItem)).toEqual([
      { value: "a.example" },
      { value: "b.example" },
      { value: "c.example" },
    ]);
    expect(await change("DELETE", "b.example", "absent.example")).toBe(2);
    expect((await cli.need(one(valueList), "GET", path)).data.items_count).toBe(2);
    const renamed = { body: { name: "Known", description: "" } };
    expect((await cli.need(one(valueList), "PUT", path, renamed)).data).toMatchObject({ name: "Known" });
    expect(await commands.walk("/v3/lists", valueList)).toMatchObject([{ name: "Known", items_count: 2 }]);
    await cli.remove(path);
    expect(await cli.refused("GET", path)).toMatchObject({ status: 404 });
    expect(await cli.refused("GET", items)).toMatchObject({ status: 404 });
  });

  test("items go on by cursor to the last of them", async () => {
    const body = { name: "Many", type: "tld" };
    const { id } = (await cli.need(one(valueList), "POST", "/v3/lists", { body })).data;
    const items = pathOf("lists", id, "items");
    const values = Array.from({ length: 230 }, (_none, index) => `t${String(index).padStart(3, "0")}`);
    await cli.need(one(valueList), "POST", items, { body: { items: values } });
    expect((await commands.walk(items, listItem)).map(({ value }) => value)).toEqual(values);
    await cli.remove(pathOf("lists", id));
  });
});

describe("workspace", () => {
  test("create, get, update and delete: null detaches, an empty list too", async () => {
    const policyBody = { name: "Attached" };
    const attached = (await cli.need(one(policy), "POST", "/v3/policies", { body: policyBody })).data;
    const ruled = (await cli.need(one(rule), "POST", "/v3/rules", { body: blockEvil })).data;
    const { workspace_id: id, ...made } = await commands.createWorkspace({
      ...{ name: "Acme", domain: "acme.example", auto_group: true, policy_id: attached.id },
    });
    expect(made).toMatchObject({ domain: "acme.example", auto_group: true, policy_id: attached.id });
    expect((await commands.patchWorkspace(id, { rule_ids: [ruled.id] })).rule_ids).toEqual([ruled.id]);
    expect((await commands.getWorkspace(id)).policy_id).toBe(attached.id);
    // What the command refuses by itself before it asks.
    expect(await cli.refused("DELETE", pathOf("policies", attached.id))).toMatchObject({ status: 409 });
    const detached = await commands.patchWorkspace(id, { policy_id: null });
    expect(detached.policy_id ?? "").toBe("");
    expect(detached.rule_ids).toEqual([ruled.id]);
    expect((await commands.patchWorkspace(id, { rule_ids: [] })).rule_ids).toEqual([]);
    await cli.remove(pathOf("workspaces", id));
    expect(await cli.refused("GET", pathOf("workspaces", id))).toMatchObject({ status: 404 });
    await cli.remove(pathOf("policies", attached.id));
  });

  test("list is whole without a limit", async () => {
    const names = Array.from({ length: 60 }, (_none, index) => `W${index}`);
    for (const name of names) await commands.createWorkspace({ name, domain: `${name}.example` });
    const listed = (await commands.listWorkspaces()).map(({ name }) => name);
    expect(listed).toEqual(expect.arrayContaining(names));
  });
});

test("agent status and agent overview find every id that accounts, workspaces and rules name", async () => {
  const post = async (path: string, body: object) =>
    (await cli.need(one(anyId), "POST", path, { body })).data.id;
  const policyId = await post("/v3/policies", { name: "Shared" });
  const listId = await post("/v3/lists", { name: "Known", type: "domain" });
  const conditions = [{ field: "from.domain", operator: "in_list", value: [listId] }];
  const { workspace_id, id } = await commands.findAccount(SCOUT);
  const ruled = await commands.createRule(id, { ...blockEvil, match: { operator: "all", conditions } });
  await commands.patchWorkspace(workspace_id, { policy_id: policyId });

  expect((await cli.need(many(connector), "GET", "/v3/connectors")).data).toMatchObject([
    { provider: "nylas" },
  ]);
  const accounts = await commands.listAccounts();
  const workspaces = await commands.listWorkspaces();
  const policies = (await commands.walk("/v3/policies", policy)).map((found) => found.id);
  const rules = await commands.listRules();
  const lists = (await commands.walk("/v3/lists", valueList)).map((found) => found.id);
  for (const account of accounts) {
    const home = workspaces.find((found) => found.workspace_id === account.workspace_id);
    expect(account.settings.policy_id ?? "").toBe(home?.policy_id ?? "");
  }
  for (const { policy_id, rule_ids } of workspaces) {
    if (policy_id) expect(policies).toContain(policy_id);
    expect(rules.map((found) => found.id)).toEqual(expect.arrayContaining(rule_ids));
  }
  expect(workspaces.find(({ default: isDefault }) => isDefault)).toMatchObject({
    policy_id: policyId,
    rule_ids: expect.arrayContaining([ruled.id]),
  });
  const named = rules
    .flatMap(({ match }) => match.conditions)
    .flatMap(({ operator, value }) => (operator === "in_list" ? value : []));
  expect(named).toEqual([listId]);
  expect(lists).toContain(listId);
  // What the text of the list adds.
  expect(await commands.getWorkspace(workspace_id)).toMatchObject({ policy_id: policyId });
  await cli.need(one(policy), "GET", pathOf("policies", policyId));
});
