/** The official `agentmail` client against a whole server: AgentMail's directory and what else is not here, as the contract has it. */
import type { AgentMailClient } from "agentmail";
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
  pod = (await client.pods.create({ name: "acme" })).podId;
  inbox = (await client.pods.inboxes.create(pod, { username: "scout" })).inboxId;
});
afterAll(() => app.stop());

const id = "0190a000-0000-7000-8000-00000000dead";
const absent = (message: string) => ({ status: 404, body: { code: "not_found", message } });

test("accounts and providers are empty lists that say their limit, and what is named is not found", async () => {
  expect(await client.accounts.list()).toEqual({ count: 0, limit: 50, accounts: [] });
  expect(await client.accounts.list({ limit: 5, ascending: true })).toMatchObject({ limit: 5 });
  expect(await failure(client.accounts.get(id))).toMatchObject(absent("Account not found"));
  expect(await client.providers.list({ limit: 7 })).toEqual({ count: 0, limit: 7, providers: [] });
  expect(await client.providers.search({ q: "cal" })).toMatchObject({ count: 0, limit: 50, providers: [] });
  expect(await failure(client.providers.get("Some App"))).toMatchObject(absent("Provider not found"));
  expect((await failure(client.providers.get("!!!"))).status).toBe(400);
  expect(await client.providers.listAccounts(id)).toEqual({ count: 0, limit: 50, accounts: [] });
  expect(await failure(client.accounts.list({ pageToken: "e30" }))).toMatchObject({ status: 400 });
});

test("signing in to an app needs a permission that no key holds by itself, and then finds no app", async () => {
  const connect = (by: AgentMailClient) => failure(by.providers.connect(id, { inboxId: inbox }));
  const authorize = (by: AgentMailClient) => failure(by.inboxes.authorize(inbox, { authToken: "token" }));
  const refused = { status: 403, body: { code: "missing_permission" } };
  for (const call of [connect, authorize]) expect(await call(client)).toMatchObject(refused);
  const key = await client.apiKeys.create({ permissions: { providerConnect: true } });
  if (!("apiKey" in key)) throw new Error("not a bearer key");
  expect(await connect(app.client(key.apiKey))).toMatchObject(absent("Provider not found"));
  expect(await authorize(app.client(key.apiKey))).toMatchObject(absent("Sign-in not found"));
  expect(
    (await failure(app.client(key.apiKey).inboxes.authorize("nobody@x.test", { authToken: "t" }))).status,
  ).toBe(404);
});

test("no link sets a domain's records", async () => {
  const domain = await client.domains.create({ domain: "links.example-mail.com" });
  expect(await client.domains.getSetupLink(domain.domainId)).toEqual({ supported: false });
  expect((await failure(client.domains.getSetupLink("other.example-mail.com"))).status).toBe(404);
});

/** Of the newest client for Python, which names its routes alike. */
const ask = async (method: string, path: string, body?: unknown, key: string = app.rootKey) => {
  const answer = await app.request(method, path, { key, ...(body !== undefined && { body }) });
  return [answer.status, answer.body["code"] ?? answer.body] as const;
};

test("apps, scoped accounts and labs are empty, and their writes are refused", async () => {
  const none = { count: 0, limit: 50, apps: [] };
  expect(await ask("GET", "/v0/apps?category=ai")).toEqual([200, none]);
  expect(await ask("GET", "/v0/apps/search?q=cal&limit=3")).toEqual([200, { ...none, limit: 3 }]);
  expect(await ask("GET", "/v0/apps/some-app")).toEqual([404, "not_found"]);
  expect(await ask("GET", "/v0/apps/!!!")).toEqual([400, "validation_error"]);
  const accounts = { count: 0, limit: 50, accounts: [] };
  expect(await ask("GET", `/v0/apps/${id}/accounts`)).toEqual([200, { app: null, ...accounts }]);
  for (const path of [`/v0/pods/${pod}`, `/v0/inboxes/${inbox}`]) {
    expect(await ask("GET", `${path}/accounts`)).toEqual([200, accounts]);
    expect(await ask("GET", `${path}/accounts/${id}`)).toEqual([404, "not_found"]);
  }
  expect(await ask("PATCH", `/v0/accounts/${id}/update`, { status: "disabled" })).toEqual([404, "not_found"]);
  for (const wrong of [{}, { status: "deleted" }, { status: "enabled", name: "x" }])
    expect((await ask("PATCH", `/v0/accounts/${id}/update`, wrong))[0]).toBe(400);
});

test("labs are for keys of the organization, and for unrestricted ones to join", async () => {
  expect(await ask("GET", "/v0/organizations/labs")).toEqual([
    200,
    { enabled: false, enabled_at: null, available: false },
  ]);
  expect(await ask("POST", "/v0/organizations/labs")).toEqual([403, "forbidden"]);
  const key = await client.apiKeys.create({ permissions: { inboxRead: true } });
  if (!("apiKey" in key)) throw new Error("not a bearer key");
  expect(await ask("POST", "/v0/organizations/labs", undefined, key.apiKey)).toEqual([
    403,
    "unrestricted_key_required",
  ]);
  const { apiKey } = await client.pods.apiKeys.create(pod, {});
  for (const method of ["GET", "POST"])
    expect(await ask(method, "/v0/organizations/labs", undefined, apiKey)).toEqual([
      403,
      "missing_permission",
    ]);
});

test("calendars are not enabled, and say so only to who may use them", async () => {
  const { body } = await app.request("GET", `/v0/inboxes/${inbox}/calendar`);
  expect(body).toMatchObject({ message: "Calendar access is not enabled for this organization" });
  expect(await ask("GET", "/v0/inboxes/nobody@rookery.localhost/calendar/agenda")).toEqual([
    404,
    "not_found",
  ]);
  const reader = await client.apiKeys.create({ permissions: { messageRead: true } });
  if (!("apiKey" in reader)) throw new Error("not a bearer key");
  for (const path of ["calendar", "calendar/events"])
    expect(await ask("GET", `/v0/inboxes/${inbox}/${path}`, undefined, reader.apiKey)).toEqual([
      403,
      "missing_permission",
    ]);
});

test("no scanner has judged a message, whose id may hold slashes; one that is not there is not found first", async () => {
  const { messageId } = await client.inboxes.messages.send(inbox, { to: inbox, subject: "x" });
  const all = await app.request("POST", "/v0/api-keys", {
    body: { permissions: { agent_armor_release: true, message_read: true } },
  });
  const key = String(all.body["api_key"]);
  const at = (message: string) => `/v0/inboxes/${inbox}/messages/${message}/agent-armor`;
  const feedback = { feedback: "missed_threat" };
  expect(await ask("POST", `${at(encodeURIComponent(messageId))}/feedback`, feedback)).toEqual([
    409,
    "conflict",
  ]);
  expect(await ask("POST", `${at(encodeURIComponent(messageId))}/release`, { reason: "x" }, key)).toEqual([
    409,
    "conflict",
  ]);
  expect(await ask("POST", `${at(encodeURIComponent(messageId))}/release`, { reason: "x" })).toEqual([
    403,
    "missing_permission",
  ]);
  for (const verb of ["feedback", "release"])
    expect(await ask("POST", `${at("%3Ca/b@c%3E")}/${verb}`, { ...feedback, reason: "x" }, key)).toEqual([
      404,
      "not_found",
    ]);
});

test("a pod is renamed, by a key of the organization with pod_update", async () => {
  const renamed = await app.request("PATCH", `/v0/pods/${pod}`, { body: { name: "Acme" } });
  expect(renamed).toMatchObject({ status: 200, body: { pod_id: pod, name: "Acme" } });
  expect((await client.pods.get(pod)).name).toBe("Acme");
  const { apiKey } = await client.pods.apiKeys.create(pod, {});
  expect(await ask("PATCH", `/v0/pods/${pod}`, { name: "x" }, apiKey)).toEqual([403, "missing_permission"]);
  expect((await ask("PATCH", `/v0/pods/${pod}`, {}))[0]).toBe(400);
});
