/** SQL of subscriptions that are polled. */
import { sql } from "kysely";
import { anyOf, byteaOf, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Owner, Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { isListenedType } from "../../door/events.ts";
import { keyset } from "../../door/keyset.ts";
import type { PollingWebhook } from "./polling-webhook.ts";

/** Those that were made in exactly this scope: each route lists its own. */
function madeIn(tx: Tx, scope: Scope) {
  return tx
    .within(scope)
    .selectFrom("polling_webhooks as w")
    .where("w.organization_id", "=", scope.organizationId)
    .where("w.pod_id", scope.podId === null ? "is" : "=", scope.podId)
    .where("w.inbox_id", scope.inboxId === null ? "is" : "=", scope.inboxId)
    .selectAll("w");
}

type Row = Awaited<ReturnType<ReturnType<typeof madeIn>["execute"]>>[number];

/** With the addresses of what they name; pods and inboxes that were deleted since are left out. */
async function webhooksOf(tx: Tx, scope: Scope, rows: readonly Row[]): Promise<PollingWebhook[]> {
  const inboxIds = rows.flatMap((row) => [...row.inbox_ids, row.inbox_id ?? []].flat());
  const podIds = rows.flatMap((row) => row.pod_ids);
  const [inboxes, pods] = await Promise.all([
    inboxIds.length === 0
      ? []
      : tx
          .within(scope)
          .selectFrom("addresses")
          .where("inbox_id", "=", anyOf(inboxIds))
          .where("kind", "=", "inbox")
          .select(["inbox_id", "pod_id", "address"])
          .orderBy("address")
          .execute(),
    podIds.length === 0
      ? []
      : tx.within(scope).selectFrom("pods").where("id", "=", anyOf(podIds)).select("id").execute(),
  ]);
  const living = new Set(pods.map(({ id }) => id));
  const named = inboxes.map((row) => ({ id: row.inbox_id, podId: row.pod_id, address: row.address }));
  return rows.map((row) => ({
    id: row.id,
    organizationId: row.organization_id,
    podId: row.pod_id,
    inboxId: row.inbox_id,
    inboxAddress: named.find(({ id }) => id === row.inbox_id)?.address ?? null,
    clientId: row.client_id,
    eventTypes: row.event_types.filter(isListenedType),
    podIds: row.pod_ids.filter((id) => living.has(id)),
    inboxes: named.filter(({ id }) => row.inbox_ids.includes(id)),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
}

export async function listPollingRows(tx: Tx, scope: Scope, page: PageRequest): Promise<PollingWebhook[]> {
  const rows = await keyset(madeIn(tx, scope), ["w.created_at", "w.id"], page).execute();
  return webhooksOf(tx, scope, rows);
}

/** @param by its id, if the text is one, or its client_id */
export async function findPollingRow(
  tx: Tx,
  scope: Scope,
  by: { readonly id: string | null; readonly clientId: string },
): Promise<PollingWebhook | null> {
  const row = await madeIn(tx, scope)
    .where((eb) =>
      by.id === null
        ? eb("w.client_id", "=", by.clientId)
        : eb.or([eb("w.id", "=", by.id), eb("w.client_id", "=", by.clientId)]),
    )
    .orderBy("w.created_at")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : ((await webhooksOf(tx, scope, [row]))[0] ?? null);
}

/** How many were made in exactly this scope. */
export async function countPollingRows(tx: Tx, scope: Scope): Promise<number> {
  const row = await madeIn(tx, scope)
    .clearSelect()
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}

/** Who is given the token. */
export interface TokenHolder {
  readonly tokenSha256: Buffer;
  /** Permissions to read that its key does not hold. */
  readonly lacked: readonly string[];
}

export async function insertPollingRow(
  tx: Tx,
  scope: Scope,
  webhook: PollingWebhook,
  { tokenSha256, lacked }: TokenHolder,
): Promise<void> {
  await tx
    .within(scope)
    .insertInto("polling_webhooks")
    .values({
      id: webhook.id,
      organization_id: webhook.organizationId,
      pod_id: webhook.podId,
      inbox_id: webhook.inboxId,
      client_id: webhook.clientId,
      event_types: [...webhook.eventTypes],
      pod_ids: [...webhook.podIds],
      inbox_ids: webhook.inboxes.map(({ id }) => id),
      token_sha256: tokenSha256,
      last_position: 0,
      lacked: [...lacked],
      created_at: webhook.createdAt,
      updated_at: webhook.updatedAt,
    })
    .execute();
}

/** From the commit on the token before is none. Who has the new one may read what both keys may. */
export async function replaceToken(
  tx: Tx,
  scope: Scope,
  id: string,
  { tokenSha256, lacked, at }: TokenHolder & { readonly at: Date },
): Promise<void> {
  await sql`update polling_webhooks set token_sha256 = ${byteaOf(tokenSha256)}::bytea, updated_at = ${at},
      lacked = array(select unnest(lacked) union select unnest(${[...lacked]}::text[]))
    where id = ${id}::uuid`.execute(tx.within(scope));
}

/** With its events and consumers. */
export async function deletePollingRow(tx: Tx, scope: Scope, id: string): Promise<void> {
  await tx.within(scope).deleteFrom("polling_webhooks").where("id", "=", id).execute();
}

/** Whose token it is: asked before it is known who asks. */
export async function findPollingOwner(
  tx: Tx,
  scope: AnyScope,
  { id, tokenSha256 }: { readonly id: string; readonly tokenSha256: Buffer },
): Promise<(Owner & { readonly organizationId: string; readonly lacked: readonly string[] }) | null> {
  const row = await tx
    .within(scope)
    .selectFrom("polling_webhooks")
    .where("id", "=", id)
    .where("token_sha256", "=", tokenSha256)
    .select(["organization_id", "pod_id", "inbox_id", "lacked"])
    .executeTakeFirst();
  if (row === undefined) return null;
  const { organization_id: organizationId, pod_id: podId, inbox_id: inboxId, lacked } = row;
  return { organizationId, podId, inboxId, lacked };
}
