/** Tenants with one of everything, for the matrices. */
import { randomBytes } from "node:crypto";
import type pg from "pg";
import { sha256 } from "../../src/lib/hash.ts";
import type { TestApp } from "../support/test-app.ts";
import type { Things } from "./targets.ts";

export interface Owner {
  readonly things: Things;
  readonly podKey: string;
  readonly inboxKey: string;
}

/** A second organization, made where no API can make one. @returns its root key */
export async function insertOrganization(database: pg.Client): Promise<string> {
  const secret = `am_us_${randomBytes(32).toString("hex")}`;
  const id = "0190a000-0000-7000-8000-000000000001";
  await database.query("insert into organizations values ($1, 'Foreign', now(), now())", [id]);
  await database.query(
    "insert into pods (id, organization_id, name, created_at, updated_at) values ($1, $1, 'Default Pod', now(), now())",
    [id],
  );
  await database.query(
    "insert into api_keys (id, organization_id, name, prefix, secret_sha256, created_at, updated_at) values ($1, $1, 'root', 'am_us_', $2, now(), now())",
    [id, sha256(secret)],
  );
  return secret;
}

/** A tenant with one of everything. @param podId the pod to furnish; a new one when absent */
export async function furnish(app: TestApp, name: string, rootKey: string, podId?: string): Promise<Owner> {
  const client = app.client(rootKey);
  const pod = podId === undefined ? await client.pods.create({ name }) : await client.pods.get(podId);
  const inbox = await client.pods.inboxes.create(pod.podId, { username: name });
  const domain = await client.pods.domains.create(pod.podId, { domain: `${name}-mail.com` });
  const webhook = await client.inboxes.webhooks.create(inbox.inboxId, {
    url: `https://${name}.example.com/`,
    eventTypes: ["message.received"],
    headers: { "X-Secret": name },
  });
  const podKey = await client.pods.apiKeys.create(pod.podId, { name });
  const inboxKey = await client.inboxes.apiKeys.create(inbox.inboxId, { name });
  if (!("apiKey" in inboxKey)) throw new Error("not a bearer key");
  const sent = await client.inboxes.messages.send(inbox.inboxId, {
    to: inbox.inboxId,
    subject: `secret of ${name}`,
    text: "hush",
    attachments: [{ filename: "a.txt", content: "aGk=" }],
  });
  const message = await client.inboxes.messages.get(inbox.inboxId, sent.messageId);
  const things = {
    pod_id: pod.podId,
    inbox_id: inbox.inboxId,
    thread_id: sent.threadId,
    message_id: sent.messageId,
    attachment_id: message.attachments?.[0]?.attachmentId ?? "",
    domain_id: domain.domainId,
    webhook_id: webhook.webhookId,
    api_key_id: inboxKey.apiKeyId,
  };
  return { things, podKey: podKey.apiKey, inboxKey: inboxKey.apiKey };
}
