/** SQL of webhook endpoints. */
import { sql } from "kysely";
import { anyOf, byteaOf, insertion, type Tx } from "../../../storage/db.ts";
import { holdOwner, type Owner, type Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { isListenedType, type ListenedType } from "../../door/events.ts";
import { keyset } from "../../door/keyset.ts";
import type { Webhook } from "./webhook.ts";

/** A row with its secret still sealed. */
export interface SealedWebhook extends Omit<Webhook, "secret"> {
  readonly secretSealed: Buffer;
  readonly headersSealed: Buffer | null;
  /** Permissions that the keys did not hold by which it was made, of those to read (reader.ts). */
  readonly lacked: readonly string[];
}

/** Adds endpoints to owners that are locked. */
export async function insertWebhooks(
  tx: Tx,
  scope: Scope,
  webhooks: readonly SealedWebhook[],
): Promise<void> {
  if (webhooks.length === 0) return;
  const rows = webhooks.map((webhook) => ({
    id: webhook.id,
    organization_id: webhook.organizationId,
    pod_id: webhook.podId,
    inbox_id: webhook.inboxId,
    url: webhook.url,
    event_types: webhook.eventTypes,
    pod_ids: webhook.podIds,
    inbox_ids: webhook.inboxes.map((inbox) => inbox.id),
    secret_sealed: byteaOf(webhook.secretSealed),
    headers_sealed: webhook.headersSealed === null ? null : byteaOf(webhook.headersSealed),
    enabled: webhook.enabled,
    lacked: webhook.lacked,
    failing_since: null,
    client_id: webhook.clientId,
    created_at: webhook.createdAt,
    updated_at: webhook.updatedAt,
  }));
  await insertion("webhooks", rows).execute(tx.within(scope));
}

export const ownerKey = ({ podId, inboxId }: Owner): string => `${podId} ${inboxId}`;

/** How many endpoints each of the owners has, counted to `most`. @returns by ownerKey */
export async function countWebhooks(
  tx: Tx,
  scope: Scope,
  owners: readonly Owner[],
  most: number,
): Promise<ReadonlyMap<string, number>> {
  const distinct = [...new Map(owners.map((owner) => [ownerKey(owner), owner])).values()];
  if (distinct.length === 0) return new Map();
  const rows = distinct.map((owner) => ({
    key: ownerKey(owner),
    pod_id: owner.podId,
    inbox_id: owner.inboxId,
  }));
  const counted = await sql<{ readonly key: string; readonly count: number }>`
    select owner.key, (select count(*)::integer from (
      select from webhooks where pod_id = owner.pod_id and inbox_id is not distinct from owner.inbox_id
      union all
      select from webhooks where owner.pod_id is null and pod_id is null
        and organization_id = ${scope.organizationId}::uuid
      limit ${most}) as living)
    from json_to_recordset(${JSON.stringify(rows)}) as owner (key text, pod_id uuid, inbox_id uuid)`.execute(
    tx.within(scope),
  );
  return new Map(counted.rows.map(({ key, count }) => [key, count]));
}

function webhooksIn(tx: Tx, scope: Scope) {
  let query = tx.within(scope).selectFrom("webhooks").where("organization_id", "=", scope.organizationId);
  if (scope.podId !== null) query = query.where("pod_id", "=", scope.podId);
  if (scope.inboxId !== null) query = query.where("inbox_id", "=", scope.inboxId);
  return query.select([
    "webhooks.id",
    "webhooks.organization_id",
    "webhooks.pod_id",
    "webhooks.inbox_id",
    "webhooks.url",
    "webhooks.event_types",
    "webhooks.pod_ids",
    "webhooks.inbox_ids",
    "webhooks.secret_sealed",
    "webhooks.headers_sealed",
    "webhooks.enabled",
    "webhooks.lacked",
    "webhooks.failing_since",
    "webhooks.client_id",
    "webhooks.created_at",
    "webhooks.updated_at",
  ]);
}

type Row = Awaited<ReturnType<ReturnType<typeof webhooksIn>["execute"]>>[number];

type NamedInbox = Webhook["inboxes"][number];

/** With what they listen to; pods and inboxes that were deleted since are left out. */
async function webhooksOf(tx: Tx, scope: Scope, rows: readonly Row[]): Promise<SealedWebhook[]> {
  const [pods, inboxes] = await Promise.all([
    findPodIds(
      tx,
      scope,
      rows.flatMap((row) => row.pod_ids),
    ),
    findInboxesBy(
      tx,
      scope,
      "inbox_id",
      rows.flatMap((row) => row.inbox_ids),
    ),
  ]);
  const living = new Set(pods);
  return rows.map((row) => webhookOf(row, living, inboxes));
}

/** @param inboxes in the order in which they are listed */
function webhookOf(row: Row, pods: ReadonlySet<string>, inboxes: readonly NamedInbox[]): SealedWebhook {
  return {
    id: row.id,
    organizationId: row.organization_id,
    podId: row.pod_id,
    inboxId: row.inbox_id,
    url: row.url,
    eventTypes: row.event_types.filter(isListenedType),
    podIds: row.pod_ids.filter((id) => pods.has(id)),
    inboxes: inboxes.filter(({ id }) => row.inbox_ids.includes(id)),
    scoped: row.pod_ids.length + row.inbox_ids.length > 0,
    secretSealed: row.secret_sealed,
    headersSealed: row.headers_sealed,
    lacked: row.lacked,
    enabled: row.enabled,
    clientId: row.client_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export async function listWebhookRows(tx: Tx, scope: Scope, page: PageRequest): Promise<SealedWebhook[]> {
  return webhooksOf(tx, scope, await keyset(webhooksIn(tx, scope), ["created_at", "id"], page).execute());
}

/** Those of the endpoints that the scope has, in no order. */
export async function findWebhooks(tx: Tx, scope: Scope, ids: readonly string[]): Promise<SealedWebhook[]> {
  if (ids.length === 0) return [];
  return webhooksOf(tx, scope, await webhooksIn(tx, scope).where("webhooks.id", "=", anyOf(ids)).execute());
}

export async function findWebhook(tx: Tx, scope: Scope, id: string): Promise<SealedWebhook | null> {
  return (await findWebhooks(tx, scope, [id]))[0] ?? null;
}

/** As `findWebhook`, with the row locked until the end of the transaction: changes are made from what was read. */
export async function lockWebhook(tx: Tx, scope: Scope, id: string): Promise<SealedWebhook | null> {
  // Locked first: a statement that waits for the lock would still see targets as they were when it began.
  await tx.within(scope).selectFrom("webhooks").where("id", "=", id).select("id").forNoKeyUpdate().execute();
  return findWebhook(tx, scope, id);
}

/** @param targets null leaves them, and the owner, as they are */
export async function updateWebhookRow(
  tx: Tx,
  scope: Scope,
  id: string,
  change: {
    readonly eventTypes: readonly ListenedType[];
    readonly lacked: readonly string[];
    readonly enabled: boolean;
    readonly targets:
      | (Pick<Webhook, "podIds" | "podId" | "inboxId"> & {
          readonly inboxes: readonly { readonly id: string }[];
        })
      | null;
    readonly at: Date;
  },
): Promise<void> {
  const { targets } = change;
  const held = targets === null ? Promise.resolve() : holdOwner(tx, scope, targets);
  const updated = tx
    .within(scope)
    .updateTable("webhooks")
    .set({
      event_types: [...change.eventTypes],
      lacked: [...change.lacked],
      enabled: change.enabled,
      // One that is enabled again has not failed yet.
      failing_since: sql`case when enabled and ${change.enabled} then failing_since end`,
      updated_at: change.at,
      ...(targets !== null && {
        pod_id: targets.podId,
        inbox_id: targets.inboxId,
        pod_ids: [...targets.podIds],
        inbox_ids: targets.inboxes.map((inbox) => inbox.id),
      }),
    })
    .where("id", "=", id)
    .execute();
  await Promise.all([updated, held]);
}

/** What of an endpoint its settings are. */
export type WebhookSettingsRow = Pick<SealedWebhook, "id" | "url" | "eventTypes" | "enabled" | "lacked">;

/** Locks endpoints, in one order. @returns those that the scope has */
export async function lockWebhookSettings(
  tx: Tx,
  scope: Scope,
  ids: readonly string[],
): Promise<(WebhookSettingsRow & Owner)[]> {
  const rows = await webhooksIn(tx, scope)
    .where("webhooks.id", "=", anyOf(ids))
    .orderBy("webhooks.id")
    .forNoKeyUpdate()
    .execute();
  return rows.map((row) => ({
    id: row.id,
    podId: row.pod_id,
    inboxId: row.inbox_id,
    url: row.url,
    eventTypes: row.event_types.filter(isListenedType),
    enabled: row.enabled,
    lacked: row.lacked,
  }));
}

/** Writes settings of endpoints that are locked. One that is enabled again has not failed yet. */
export async function updateWebhookSettings(
  tx: Tx,
  scope: Scope,
  settings: readonly WebhookSettingsRow[],
  at: Date,
): Promise<void> {
  if (settings.length === 0) return;
  const rows = settings.map(({ id, url, eventTypes, enabled, lacked }) => ({
    id,
    url,
    event_types: eventTypes,
    enabled,
    lacked,
  }));
  await sql`
    update webhooks as w set url = changed.url, event_types = changed.event_types, enabled = changed.enabled, lacked = changed.lacked,
      failing_since = case when changed.enabled and w.enabled then w.failing_since end, updated_at = ${at}
    from json_populate_recordset(null::webhooks, ${JSON.stringify(rows)}) as changed
    where w.organization_id = ${scope.organizationId}::uuid and w.id = changed.id`.execute(tx.within(scope));
}

export async function updateHeadersRow(
  tx: Tx,
  scope: Scope,
  id: string,
  change: { readonly headersSealed: Buffer | null; readonly at: Date },
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("webhooks")
    .set({ headers_sealed: change.headersSealed, updated_at: change.at })
    .where("id", "=", id)
    .execute();
}

export async function deleteWebhookRow(tx: Tx, scope: Scope, id: string): Promise<void> {
  await tx.within(scope).deleteFrom("webhooks").where("id", "=", id).execute();
}

/** Which of these pods the scope has. */
export async function findPodIds(tx: Tx, scope: Scope, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .within(scope)
    .selectFrom("pods")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", anyOf(ids))
    .select("id")
    .execute();
  return rows.map((row) => row.id);
}

/**
 * Those of these inboxes that the scope has, in the order of their addresses.
 * @param key what `values` are of them
 */
export async function findInboxesBy(
  tx: Tx,
  scope: Scope,
  key: "inbox_id" | "address",
  values: readonly string[],
): Promise<NamedInbox[]> {
  if (values.length === 0) return [];
  const rows = await tx
    .within(scope)
    .selectFrom("addresses")
    .where("organization_id", "=", scope.organizationId)
    .where(key, "=", anyOf(values))
    .where("kind", "=", "inbox")
    .select(["inbox_id", "pod_id", "address"])
    .orderBy("address")
    .execute();
  return rows.map((row) => ({ id: row.inbox_id, podId: row.pod_id, address: row.address }));
}
