/** SQL of API keys. */
import type { Tx } from "../../../storage/db.ts";
import { type AnyScope, holdHome, type Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { readFlags } from "../../door/flags.ts";
import { keyset } from "../../door/keyset.ts";
import type { ApiKey } from "./api-key.ts";

/** `exact`: only keys of exactly this pod or inbox, as the pod and inbox routes list them (contract 7.3). */
export interface KeyFilter {
  readonly exact: boolean;
}

/** False when a key with this secret exists already. */
export async function insertApiKey(
  tx: Tx,
  scope: AnyScope,
  key: ApiKey,
  secretSha256: Buffer,
): Promise<boolean> {
  const held = holdHome(tx, scope, key);
  const inserted = tx
    .within(scope)
    .insertInto("api_keys")
    .values({
      id: key.id,
      organization_id: key.organizationId,
      pod_id: key.podId,
      inbox_id: key.inboxId,
      name: key.name,
      prefix: key.prefix,
      secret_sha256: secretSha256,
      permissions: key.permissions === null ? null : JSON.stringify(key.permissions),
      created_at: key.createdAt,
      updated_at: key.updatedAt,
      used_at: key.usedAt,
      expires_at: key.expiresAt,
    })
    .onConflict((conflict) => conflict.column("secret_sha256").doNothing())
    .returning("id")
    .executeTakeFirst();
  const [row] = await Promise.all([inserted, held]);
  return row !== undefined;
}

function keysIn(tx: Tx, scope: Scope, filter: KeyFilter) {
  let query = tx.within(scope).selectFrom("api_keys").where("organization_id", "=", scope.organizationId);
  if (scope.podId !== null) query = query.where("pod_id", "=", scope.podId);
  if (scope.inboxId !== null) query = query.where("inbox_id", "=", scope.inboxId);
  else if (filter.exact) query = query.where("inbox_id", "is", null);
  return query.select((column) => [
    "id",
    "organization_id",
    "pod_id",
    "inbox_id",
    "name",
    "prefix",
    "permissions",
    "created_at",
    "updated_at",
    "used_at",
    "expires_at",
    // Not from inboxes: Citus refuses to look from a table that every node has into one that is spread.
    column
      .selectFrom("addresses")
      .whereRef("addresses.pod_id", "=", "api_keys.pod_id")
      .whereRef("addresses.inbox_id", "=", "api_keys.inbox_id")
      .select("addresses.address")
      .as("address"),
  ]);
}

type KeyRow = Awaited<ReturnType<ReturnType<typeof keysIn>["execute"]>>[number];

function keyOf(row: KeyRow): ApiKey {
  return {
    id: row.id,
    organizationId: row.organization_id,
    podId: row.pod_id,
    inboxId: row.inbox_id,
    inboxAddress: row.address,
    name: row.name,
    prefix: row.prefix,
    permissions: readFlags(row.permissions),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
  };
}

export async function listKeys(
  tx: Tx,
  scope: Scope,
  filter: KeyFilter,
  page: PageRequest,
): Promise<ApiKey[]> {
  return (await keyset(keysIn(tx, scope, filter), ["created_at", "id"], page).execute()).map(keyOf);
}

export async function findKey(tx: Tx, scope: Scope, filter: KeyFilter, id: string): Promise<ApiKey | null> {
  const row = await keysIn(tx, scope, filter).where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : keyOf(row);
}

/** As findKey, and holds off other changes of the key until this transaction ends. */
export async function lockKey(tx: Tx, scope: Scope, filter: KeyFilter, id: string): Promise<ApiKey | null> {
  const row = await keysIn(tx, scope, filter).where("id", "=", id).forUpdate().executeTakeFirst();
  return row === undefined ? null : keyOf(row);
}

export async function updateKeyRow(tx: Tx, scope: Scope, key: ApiKey): Promise<void> {
  await tx
    .within(scope)
    .updateTable("api_keys")
    .set({
      name: key.name,
      permissions: key.permissions === null ? null : JSON.stringify(key.permissions),
      updated_at: key.updatedAt,
    })
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", key.id)
    .execute();
}

export async function deleteKeyRow(tx: Tx, scope: Scope, id: string): Promise<void> {
  await tx
    .within(scope)
    .deleteFrom("api_keys")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .execute();
}
