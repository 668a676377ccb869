/** A tenant with one of everything, and a fingerprint of all that is stored. */
import pg from "pg";
import type { Things } from "../isolation/targets.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

/** A tenant's things, with a key of its pod beside that of its inbox. */
export interface OwnThings extends Things {
  readonly pod_key_id: string;
}

export interface Tenant {
  readonly app: TestApp;
  readonly things: OwnThings;
  readonly database: pg.Client;
  /** Changes with anything that is stored, but for when a key was last used. */
  fingerprint(): Promise<string>;
  stop(): Promise<void>;
}

/** No workers: what is stored changes only by what is sent. Private targets are refused, as in an installation. */
export async function openTenant(): Promise<Tenant> {
  const app = await testApp({ ROOKERY_SERVICES: "http", ROOKERY_ALLOW_PRIVATE_TARGETS: "0" });
  const database = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_worker" });
  await database.connect();
  const tables = await tablesOf(database);
  return {
    app,
    database,
    things: await furnish(app),
    fingerprint: () => fingerprintOf(database, tables),
    async stop() {
      await database.end();
      await app.stop();
    },
  };
}

async function furnish(app: TestApp): Promise<OwnThings> {
  const client = app.client();
  const pod = await client.pods.create({ name: "one" });
  const inbox = await client.pods.inboxes.create(pod.podId, { username: "one.of-all" });
  const domain = await client.pods.domains.create(pod.podId, { domain: "one-mail.com" });
  const webhook = await client.inboxes.webhooks.create(inbox.inboxId, {
    url: "https://hooks.example.com/",
    eventTypes: ["message.received"],
  });
  const key = await client.inboxes.apiKeys.create(inbox.inboxId, { name: "one" });
  const podKey = await client.pods.apiKeys.create(pod.podId, { name: "one" });
  const sent = await client.inboxes.messages.send(inbox.inboxId, {
    to: "somebody@outside.test",
    subject: "one",
    text: "one",
    attachments: [{ filename: "a.txt", content: "aGk=" }],
  });
  const message = await client.inboxes.messages.get(inbox.inboxId, sent.messageId);
  return {
    pod_id: pod.podId,
    inbox_id: inbox.inboxId,
    thread_id: sent.threadId,
    message_id: sent.messageId,
    attachment_id: message.attachments?.[0]?.attachmentId ?? "",
    domain_id: domain.domainId,
    webhook_id: webhook.webhookId,
    api_key_id: key.apiKeyId,
    pod_key_id: podKey.apiKeyId,
  };
}

async function tablesOf(database: pg.Client): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not in ('migrations', 'worker_processes') order by 1",
  );
  return rows.map(({ name }) => name);
}

async function fingerprintOf(database: pg.Client, tables: readonly string[]): Promise<string> {
  const each = tables.map(
    (table) =>
      `select '${table} ' || count(*) || ' ' || coalesce(md5(string_agg(row, '' order by row)), '') as line from (select (to_jsonb(t) - 'used_at')::text as row from ${table} t) rows`,
  );
  const { rows } = await database.query<{ line: string }>(each.join(" union all "));
  return rows.map(({ line }) => line).join("\n");
}

/** The tenant's thing that a parameter of the route can name. */
export function thingAt(path: string, parameter: string, things: OwnThings): string {
  const ofPod = parameter === "api_key_id" && path.startsWith("/v0/pods/");
  return ofPod ? things.pod_key_id : things[parameter as keyof Things];
}

/** The route's path to the tenant's own things, each percent-encoded. */
export const pathTo = (path: string, things: OwnThings): string =>
  path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(thingAt(path, name, things)));
