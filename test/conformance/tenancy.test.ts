/** The official `agentmail` client against a whole server: pods, inboxes, keys, domains, webhooks. */
import type { AgentMailClient } from "agentmail";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publish } from "../support/domain-records.ts";
import { eventually } from "../support/eventually.ts";
import { failure } from "../support/failure.ts";
import { type NameServer, startNameServer } from "../support/internet/name-server.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let client: AgentMailClient;

let dns: NameServer;

beforeAll(async () => {
  dns = await startNameServer({});
  app = await testApp({ ROOKERY_DNS_SERVERS: dns.server });
  client = app.client();
});
afterAll(async () => {
  await app.stop();
  dns.close();
});

describe("organization, pods", () => {
  test("auth.me and organizations.get describe the root key", async () => {
    const me = await client.auth.me();
    expect(me.scopeType).toBe("organization");
    const organization = await client.organizations.get();
    expect(organization.organizationId).toBe(me.organizationId);
    expect(organization.createdAt).toBeInstanceOf(Date);
  });

  test("pods are created once per client_id, listed newest first, got by id and by client_id, deleted when empty", async () => {
    const pod = await client.pods.create({ name: "One", clientId: "tenant-1" });
    const again = await client.pods.create({ name: "Other", clientId: "tenant-1" });
    expect(again).toEqual(pod);
    expect((await client.pods.get("tenant-1")).podId).toBe(pod.podId);
    const unnamed = await client.pods.create({});
    expect(unnamed.name).toBe("My Pod");
    const page = await client.pods.list({ limit: 1 });
    expect(page).toMatchObject({ count: 1, limit: 1, pods: [{ podId: unnamed.podId }] });
    const next = await client.pods.list({ limit: 1, pageToken: page.nextPageToken ?? "" });
    expect(next.pods[0]?.podId).toBe(pod.podId);
    await client.pods.delete(unnamed.podId);
    expect(await failure(client.pods.get(unnamed.podId))).toMatchObject({
      status: 404,
      body: { code: "not_found", message: "Pod not found" },
    });
    const inbox = await client.pods.inboxes.create(pod.podId, {});
    expect(await failure(client.pods.delete(pod.podId))).toMatchObject({
      status: 409,
      body: { code: "cannot_delete", message: "Cannot delete Pod: Cannot delete pod with existing inboxes" },
    });
    await client.pods.inboxes.delete(pod.podId, inbox.inboxId);
    await client.pods.delete(pod.podId);
  });
});

describe("inboxes", () => {
  test("an inbox is made, found in any case, renamed, its metadata merged, and deleted", async () => {
    const inbox = await client.inboxes.create({
      username: "Scout",
      displayName: "Scout",
      clientId: "c-1",
      metadata: { plan: "pro", seats: 3 },
    });
    expect(inbox.inboxId).toBe("scout@rookery.localhost");
    expect(await client.inboxes.create({ clientId: "c-1" })).toEqual(inbox);
    expect((await client.inboxes.get("SCOUT@rookery.localhost")).inboxId).toBe(inbox.inboxId);
    const updated = await client.inboxes.update(inbox.inboxId, {
      displayName: "Scout II",
      metadata: { plan: null, beta: true },
    });
    expect(updated).toMatchObject({ displayName: "Scout II", metadata: { seats: 3, beta: true } });
    const taken = await failure(client.inboxes.create({ username: "scout" }));
    expect(taken).toMatchObject({
      status: 403,
      body: { name: "AlreadyExistsError", code: "already_exists", message: "Inbox already exists" },
    });
    expect(taken.body["suggestions"]).toHaveLength(3);
    await client.inboxes.delete(inbox.inboxId);
    expect((await failure(client.inboxes.get(inbox.inboxId))).status).toBe(404);
  });

  test("pods.inboxes mirrors inboxes within one pod", async () => {
    const pod = await client.pods.create({});
    const inbox = await client.pods.inboxes.create(pod.podId, { username: "in-pod" });
    expect(inbox.podId).toBe(pod.podId);
    expect((await client.pods.inboxes.list(pod.podId)).inboxes.map((item) => item.inboxId)).toEqual([
      inbox.inboxId,
    ]);
    expect((await client.pods.inboxes.get(pod.podId, inbox.inboxId)).email).toBe(inbox.inboxId);
    expect(
      (await client.pods.inboxes.update(pod.podId, inbox.inboxId, { displayName: "New" })).displayName,
    ).toBe("New");
    const other = await client.pods.create({});
    expect((await failure(client.pods.inboxes.get(other.podId, inbox.inboxId))).status).toBe(404);
    await client.pods.inboxes.delete(pod.podId, inbox.inboxId);
    expect((await client.pods.inboxes.list(pod.podId)).count).toBe(0);
  });
});

describe("keys", () => {
  test("keys work at all three scopes, show their secret once, and stop working when deleted", async () => {
    const pod = await client.pods.create({});
    const inbox = await client.pods.inboxes.create(pod.podId, {});
    const podKey = await client.pods.apiKeys.create(pod.podId, { name: "pod" });
    expect(podKey.apiKey).toMatch(/^am_us_pod_[0-9a-f]{64}$/);
    const inboxKey = await client.inboxes.apiKeys.create(inbox.inboxId, {
      name: "inbox",
      permissions: { messageRead: true },
    });
    if (!("apiKey" in inboxKey)) throw new Error("not a bearer key");
    const listed = (await client.inboxes.apiKeys.list(inbox.inboxId)).apiKeys;
    expect(listed).toHaveLength(1);
    expect(JSON.stringify(listed)).not.toContain(inboxKey.apiKey);
    expect(listed[0]?.permissions).toMatchObject({ messageRead: true, messageSend: false });
    const agent = app.client(inboxKey.apiKey);
    expect((await agent.auth.me()).inboxId).toBe(inbox.inboxId);
    expect(await failure(agent.inboxes.messages.send(inbox.inboxId, { to: "a@b.test" }))).toMatchObject({
      status: 403,
      body: { code: "missing_permission" },
    });
    expect((await client.apiKeys.get(podKey.apiKeyId)).name).toBe("pod");
    expect((await client.pods.apiKeys.update(pod.podId, podKey.apiKeyId, { name: "renamed" })).name).toBe(
      "renamed",
    );
    expect((await client.pods.apiKeys.list(pod.podId)).apiKeys.map((key) => key.apiKeyId)).toEqual([
      podKey.apiKeyId,
    ]);
    await client.inboxes.apiKeys.delete(inbox.inboxId, inboxKey.apiKeyId);
    expect(
      await eventually("revoked", async () =>
        agent.auth.me().then(
          () => null,
          (error: unknown) => ({ error }),
        ),
      ),
    ).toMatchObject({ error: { statusCode: 403 } });
    const organizationKey = await client.apiKeys.create({ name: "org" });
    if (!("apiKey" in organizationKey)) throw new Error("not a bearer key");
    expect((await client.apiKeys.list()).apiKeys.map((key) => key.apiKeyId)).toContain(
      organizationKey.apiKeyId,
    );
    await client.apiKeys.update(organizationKey.apiKeyId, { name: "org2" });
    await client.apiKeys.delete(organizationKey.apiKeyId);
    await client.pods.apiKeys.delete(pod.podId, podKey.apiKeyId);
  });
});

describe("public keys", () => {
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  } as const;

  test("a public key is registered in an inbox and in the organization, read, listed, changed and deleted by its client_id", async () => {
    const inbox = await client.inboxes.create({});
    // Of a create with a public key this client sends `{}`: newer ones, and the one for Python, send it.
    const made = await app.request("POST", `/v0/inboxes/${inbox.inboxId}/api-keys`, {
      body: { public_key: jwk, client_id: "agent" },
    });
    const inInbox = await client.apiKeys.get(String(made.body["api_key_id"]));
    if (inInbox.type !== "public_key") throw new Error("not a public key");
    expect(inInbox).toMatchObject({ inboxId: inbox.inboxId, publicKey: { jwk }, clientId: "agent" });
    expect(inInbox.publicKey?.fingerprint).toBe("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    expect(inInbox.permissions).toMatchObject({ messageSend: true });
    expect(inInbox.createdBy.apiKeyId).toBe((await client.auth.me()).apiKeyId);
    const second = await app.request("POST", "/v0/api-keys", {
      body: { public_key: jwk, permissions: { inbox_read: true } },
    });
    const ofOrganization = await client.apiKeys.get(String(second.body["api_key_id"]));
    expect(ofOrganization).toMatchObject({ permissions: { inboxRead: true, messageSend: false } });
    expect((await client.apiKeys.list({ type: "public_key" })).apiKeys).toHaveLength(2);
    expect((await client.inboxes.apiKeys.list(inbox.inboxId)).apiKeys).toEqual([inInbox]);
    expect(await client.apiKeys.get("agent")).toEqual(inInbox);
    expect((await client.inboxes.apiKeys.update(inbox.inboxId, "agent", { name: "Mine" })).name).toBe("Mine");
    expect(
      (await client.apiKeys.update("agent", { permissions: { inboxRead: true } })).permissions,
    ).toMatchObject({
      inboxRead: true,
      messageSend: false,
    });
    await client.inboxes.apiKeys.delete(inbox.inboxId, "agent");
    expect((await failure(client.apiKeys.get("agent"))).status).toBe(404);
    await client.apiKeys.delete(ofOrganization.apiKeyId);
  });

  test("clients before 0.5.27 find them under their former path", async () => {
    const path = "/v0/api-keys/public-keys";
    const made = await app.request("POST", path, { body: { public_key: jwk, client_id: "former" } });
    expect(made).toMatchObject({ status: 200, body: { type: "public_key", client_id: "former" } });
    const { body } = await app.request("GET", path);
    expect(body).toMatchObject({ count: 1, public_keys: [{ api_key_id: made.body["api_key_id"] }] });
    expect((await app.request("PATCH", `${path}/former`, { body: { name: "Two" } })).body).toMatchObject({
      name: "Two",
    });
    expect((await app.request("DELETE", `${path}/former`)).status).toBe(204);
    expect((await app.request("GET", path)).body).toMatchObject({ count: 0, public_keys: [] });
    expect(await app.request("POST", `${path}/agentid-sign-in/revoke-all`, { body: {} })).toMatchObject({
      status: 404,
      body: { message: "Sign-in keys not found" },
    });
  });
});

describe("domains", () => {
  test("a domain lists its records, is honest about verification, gives a zone file, and is deleted", async () => {
    const pod = await client.pods.create({});
    const domain = await client.pods.domains.create(pod.podId, { domain: "Agents.Example-Mail.com" });
    expect(domain).toMatchObject({ domainId: "agents.example-mail.com", status: "NOT_STARTED" });
    expect(domain.records.map((record) => record.type)).toEqual(expect.arrayContaining(["TXT", "MX"]));
    expect((await client.pods.domains.list(pod.podId)).count).toBe(1);
    const zone = Buffer.from(
      await (await client.domains.getZoneFile(domain.domainId)).arrayBuffer(),
    ).toString();
    expect(zone).toContain("_domainkey.agents.example-mail.com.");
    await client.pods.domains.verify(pod.podId, domain.domainId);
    const pending = await client.domains.get(domain.domainId);
    expect(pending).toMatchObject({ status: "PENDING", reason: "dns_records_missing" });
    publish(dns.zone, pending);
    await client.domains.verify(domain.domainId);
    const verified = await client.domains.get(domain.domainId);
    expect(verified.status).toBe("VERIFIED");
    expect(new Set(verified.records.map(({ status }) => status))).toEqual(new Set(["VALID"]));
    expect(
      (await client.domains.update(domain.domainId, { subdomainsEnabled: true })).subdomainsEnabled,
    ).toBe(true);
    const other = await client.pods.create({});
    expect(
      await failure(client.pods.domains.create(other.podId, { domain: "agents.example-mail.com" })),
    ).toMatchObject({ status: 403, body: { code: "already_exists" } });
    const unverified = await client.pods.domains.create(other.podId, { domain: "other.example-mail.com" });
    expect(
      (await failure(client.pods.inboxes.create(other.podId, { domain: unverified.domainId }))).body["code"],
    ).toBe("domain_not_verified");
    await client.pods.domains.delete(pod.podId, domain.domainId);
    expect((await failure(client.domains.get(domain.domainId))).status).toBe(404);
  });
});

describe("webhooks", () => {
  test("endpoints are managed at three scopes; secrets of headers stay secret", async () => {
    const pod = await client.pods.create({});
    const inbox = await client.pods.inboxes.create(pod.podId, {});
    const url = "https://hooks.example.com/x";
    const webhook = await client.webhooks.create({
      url,
      eventTypes: ["message.received"],
      podIds: [pod.podId],
      clientId: "w-1",
      headers: { "X-Token": "hush" },
    });
    expect(webhook).toMatchObject({ url, enabled: true, podIds: [pod.podId] });
    expect(webhook.secret).toMatch(/^whsec_/);
    expect(
      (await client.webhooks.create({ url, eventTypes: ["message.sent"], clientId: "w-1" })).webhookId,
    ).toBe(webhook.webhookId);
    expect((await client.webhooks.getHeaders(webhook.webhookId)).headerNames).toEqual(["X-Token"]);
    await client.webhooks.updateHeaders(webhook.webhookId, {
      headers: { "X-Other": "1" },
      removeHeaders: ["x-token"],
    });
    expect((await client.pods.webhooks.getHeaders(pod.podId, webhook.webhookId)).headerNames).toEqual([
      "X-Other",
    ]);
    expect(
      (
        await client.webhooks.update(webhook.webhookId, {
          eventTypes: ["message.sent"],
          addInboxIds: [inbox.inboxId],
        })
      ).inboxIds,
    ).toEqual([inbox.inboxId]);
    expect(
      (
        await failure(
          client.webhooks.update(webhook.webhookId, {
            removePodIds: [pod.podId],
            removeInboxIds: [inbox.inboxId],
          }),
        )
      ).status,
    ).toBe(400);
    const own = await client.inboxes.webhooks.create(inbox.inboxId, {
      url,
      eventTypes: ["message.received"],
    });
    expect((await client.inboxes.webhooks.list(inbox.inboxId)).webhooks.map((one) => one.webhookId)).toEqual([
      own.webhookId,
    ]);
    expect((await client.pods.webhooks.list(pod.podId)).count).toBe(2);
    expect((await client.webhooks.list()).count).toBe(2);
    expect((await failure(client.webhooks.create({ url, eventTypes: [] }))).status).toBe(400);
    await client.webhooks.delete(webhook.webhookId);
    expect((await failure(client.webhooks.get(webhook.webhookId))).status).toBe(404);
  });

  test("a webhook of an inbox or a pod is seen there, and gone when deleted", async () => {
    const pod = await client.pods.create({});
    const inbox = await client.pods.inboxes.create(pod.podId, {});
    const url = "https://hooks.example.com/x";
    const own = await client.inboxes.webhooks.create(inbox.inboxId, {
      url,
      eventTypes: ["message.received"],
    });
    await client.inboxes.webhooks.delete(inbox.inboxId, own.webhookId);
    expect((await failure(client.inboxes.webhooks.get(inbox.inboxId, own.webhookId))).status).toBe(404);
    const inPod = await client.pods.webhooks.create(pod.podId, {
      url,
      eventTypes: ["message.received"],
      inboxIds: [inbox.inboxId],
    });
    expect((await client.pods.webhooks.get(pod.podId, inPod.webhookId)).inboxIds).toEqual([inbox.inboxId]);
    await client.pods.webhooks.delete(pod.podId, inPod.webhookId);
  });
});
