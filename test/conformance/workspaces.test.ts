/** Workspaces through Nylas's own client, over everything that it has for them. */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import type { Nylas } from "../support/nylas.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let nylas: Nylas;
let database: pg.Client;
let organizationId: string;
beforeAll(async () => {
  app = await testApp();
  database = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_worker" });
  await database.connect();
  nylas = app.nylas();
  organizationId = (await nylas.applications.getDetails()).data.applicationId;
});
afterAll(async () => {
  await database.end();
  await app.stop();
});

/** Makes an account. @returns its id and address */
async function account(pod?: string): Promise<{ id: string; address: string }> {
  const client = app.client();
  const made = await (pod === undefined ? client.inboxes.create({}) : client.pods.inboxes.create(pod, {}));
  const { rows } = await database.query<{ id: string }>("select id from inboxes where address = $1", [
    made.inboxId,
  ]);
  return { id: rows[0]?.id ?? "", address: made.inboxId };
}

/** A policy and a rule of the organization. @returns their ids */
async function guardrails(): Promise<[string, string]> {
  const [policyId, ruleId] = [randomUUID(), randomUUID()];
  await database.query(
    `insert into policies (id, organization_id, name, limits, options, spam_detection, created_at, updated_at)
     values ($1, $2, 'Strict', '{}', '{}', '{}', now(), now())`,
    [policyId, organizationId],
  );
  await database.query(
    `insert into rules (id, organization_id, name, priority, enabled, trigger, match_operator, conditions, actions, list_ids,
       created_at, updated_at)
     values ($1, $2, 'None', 1, false, 'inbound', 'all', '[]', '[]', '{}', now(), now())`,
    [ruleId, organizationId],
  );
  return [policyId, ruleId];
}

const podOf = async (address: string) => (await app.client().inboxes.get(address)).podId;

const create = (requestBody: Parameters<Nylas["workspaces"]["create"]>[0]["requestBody"]) =>
  nylas.workspaces.create({ requestBody });

describe("a workspace", () => {
  test("is created, listed, read by id and by domain, changed and deleted", async () => {
    const { data, requestId } = await create({ name: "Acme", domain: "Acme.example" });
    expect(requestId).toMatch(/./);
    expect(data).toEqual({
      workspaceId: expect.any(String),
      applicationId: organizationId,
      name: "Acme",
      domain: "acme.example",
      autoGroup: true,
      default: false,
      ruleIds: [],
      createdAt: expect.any(Number),
      updatedAt: expect.any(Number),
    });
    const { workspaceId } = data;
    for (const name of [workspaceId, "acme.example", "ACME.example"])
      expect((await nylas.workspaces.find({ workspaceId: name })).data).toEqual(data);
    expect((await nylas.workspaces.list()).data.map((one) => one.workspaceId)).toContain(workspaceId);
    const changed = await nylas.workspaces.update({
      workspaceId,
      requestBody: { name: "Acme 2", autoGroup: false },
    });
    expect(changed.data).toMatchObject({ name: "Acme 2", autoGroup: false, domain: "acme.example" });
    const gone = await nylas.workspaces.destroy({ workspaceId: "acme.example" });
    expect(gone.requestId).toMatch(/./);
    await expect(nylas.workspaces.find({ workspaceId })).rejects.toMatchObject({
      statusCode: 404,
      type: "api.not_found_error",
    });
  });

  test("has policies and rules attached, which null and an empty list detach", async () => {
    const [policyId, ruleId] = await guardrails();
    const { data } = await create({ name: "Guarded", policyId, ruleIds: [ruleId] });
    expect(data).toMatchObject({ policyId, ruleIds: [ruleId] });
    const { workspaceId } = data;
    // Cast: the client's type has no null, though it sends it on.
    const nothing = { policyId: null, ruleIds: null } as unknown as { policyId: string };
    const detached = await nylas.workspaces.update({ workspaceId, requestBody: nothing });
    expect(detached.data).toMatchObject({ ruleIds: [] });
    expect(detached.data.policyId).toBeUndefined();
    const whole = await nylas.workspaces.update({
      workspaceId: organizationId,
      requestBody: { policyId, ruleIds: [ruleId] },
    });
    expect(whole.data).toMatchObject({ default: true, policyId });
    for (const requestBody of [
      { policyId: "x" },
      { policyId: organizationId },
      { ruleIds: [organizationId] },
    ])
      await expect(nylas.workspaces.update({ workspaceId, requestBody })).rejects.toMatchObject({
        statusCode: 400,
      });
  });

  test("the default one stays, and keeps its name", async () => {
    for (const refused of [
      () => nylas.workspaces.destroy({ workspaceId: organizationId }),
      () => nylas.workspaces.update({ workspaceId: organizationId, requestBody: { name: "Mine" } }),
      () => create({ name: "x", autoGroup: true }),
      () => create({ name: "" }),
    ])
      await expect(refused()).rejects.toMatchObject({ statusCode: 400, type: "api.invalid_request_error" });
  });
});

test("accounts are assigned and removed by id and address, and go with what they hold to the default workspace when theirs is deleted", async () => {
  const { workspaceId } = (await create({ name: "Moves" })).data;
  const [one, two] = [await account(), await account()];
  const assigned = await nylas.workspaces.manualAssign({
    workspaceId,
    requestBody: { assignGrants: [one.id, two.address] },
  });
  expect(assigned.data).toEqual({
    applicationId: organizationId,
    workspaceId,
    domain: "",
    grantsAssigned: [one.id, two.id],
    grantsRemoved: [],
  });
  expect(await podOf(one.address)).toBe(workspaceId);
  const removed = await nylas.workspaces.manualAssign({
    workspaceId,
    requestBody: { removeGrants: [one.id] },
  });
  expect(removed.data.grantsRemoved).toEqual([one.id]);
  expect(await podOf(one.address)).toBe(organizationId);
  await expect(
    nylas.workspaces.manualAssign({ workspaceId, requestBody: { assignGrants: [one.id, organizationId] } }),
  ).rejects.toMatchObject({ statusCode: 404, type: "api.not_found_error" });
  expect(await podOf(one.address)).toBe(organizationId);
  await nylas.workspaces.destroy({ workspaceId });
  expect(await podOf(two.address)).toBe(organizationId);
});

test("accounts are grouped by domain in the background, once a minute", async () => {
  const domain = "grouped.example";
  await app.client().domains.create({ domain, feedbackEnabled: false });
  await database.query("update domains set status = 'VERIFIED' where domain = $1", [domain]);
  const { inboxId } = await app.client().inboxes.create({ domain });
  const { workspaceId } = (await create({ name: "Grouping", domain })).data;
  const started = await nylas.workspaces.autoGroup({ requestBody: {} });
  expect(started.data).toEqual({ jobId: expect.any(String), message: "auto-grouping started" });
  await eventually("the account is in its workspace", async () => (await podOf(inboxId)) === workspaceId);
  await expect(nylas.workspaces.autoGroup({ requestBody: {} })).rejects.toMatchObject({
    statusCode: 429,
    type: "api.rate_limit_error",
  });
});

test("the key of a workspace sees it alone and changes nothing of it", async () => {
  const { workspaceId } = (await create({ name: "Narrow" })).data;
  const { apiKey } = await app.client().pods.apiKeys.create(workspaceId, { name: "narrow" });
  const narrow = app.nylas(apiKey);
  expect((await narrow.workspaces.list()).data.map((one) => one.workspaceId)).toEqual([workspaceId]);
  const forbidden = { statusCode: 403, type: "insufficient_scopes" };
  await expect(narrow.workspaces.update({ workspaceId, requestBody: { name: "x" } })).rejects.toMatchObject(
    forbidden,
  );
  await expect(narrow.workspaces.destroy({ workspaceId })).rejects.toMatchObject(forbidden);
  await expect(narrow.workspaces.find({ workspaceId: organizationId })).rejects.toMatchObject({
    statusCode: 404,
  });
});
