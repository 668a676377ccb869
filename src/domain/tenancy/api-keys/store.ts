/** SQL of API keys. */
import { sql } from "kysely";
import { anyOf, byteaOf, insertion, type Tx } from "../../../storage/db.ts";
import { type AnyScope, holdOwners, type Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { readFlags } from "../../door/flags.ts";
import { keyset } from "../../door/keyset.ts";
import type { ApiKey } from "./api-key.ts";
import { readPublicKey } from "./public-key.ts";

/** `exact`: only keys of exactly this pod or inbox, as the pod and inbox routes list them (contract 7.3). */
export interface KeyFilter {
  readonly exact: boolean;
  /** Absent: both. */
  readonly type?: "bearer" | "public_key";
}

/** A key, and by what it is recognised; null: a public key, which is not. */
export interface HashedKey {
  readonly key: ApiKey;
  readonly secretSha256: Uint8Array | null;
}

/**
 * Leaves out keys whose secrets exist already. @param receiptId of who has yet to confirm that their secrets were received
 * @returns the number of those inserted
 */
export async function insertApiKeys(
  tx: Tx,
  scope: AnyScope,
  keys: readonly HashedKey[],
  receiptId: string | null = null,
): Promise<number> {
  if (keys.length === 0) return 0;
  const rows = keys.map(({ key, secretSha256 }) => ({
    id: key.id,
    organization_id: key.organizationId,
    pod_id: key.podId,
    inbox_id: key.inboxId,
    name: key.name,
    prefix: key.prefix,
    secret_sha256: secretSha256 === null ? null : byteaOf(secretSha256),
    public_key: key.publicKey,
    client_id: key.clientId,
    created_by: key.createdByKeyId,
    permissions: key.permissions,
    created_at: key.createdAt,
    updated_at: key.updatedAt,
    used_at: key.usedAt,
    expires_at: key.expiresAt,
    made_under: receiptId,
  }));
  const unused = sql`on conflict (secret_sha256) do nothing returning id`;
  if (receiptId !== null) tx.beforeCommit(insertReceipt(tx, scope, receiptId, keys));
  const [inserted] = await Promise.all([
    insertion("api_keys", rows, unused).execute(tx.within(scope)),
    // Behind the insert, so that its own error is the first one when an owner was deleted.
    holdOwners(
      tx,
      scope,
      keys.map(({ key }) => key),
    ),
  ]);
  return inserted.rows.length;
}

/** Adds to a receipt the keys, at least one, that it will confirm. */
async function insertReceipt(tx: Tx, scope: AnyScope, id: string, keys: readonly HashedKey[]): Promise<void> {
  const rows = Map.groupBy(keys, ({ key }) => key.organizationId);
  const receipts = [...rows].map(([organizationId, own]) => ({
    organization_id: organizationId,
    id,
    key_ids: own.map(({ key }) => key.id),
  }));
  const adding = sql`on conflict (organization_id, id) do update set key_ids = key_receipts.key_ids || excluded.key_ids returning 1`;
  await insertion("key_receipts", receipts, adding).execute(tx.within(scope));
}

/**
 * Adds webhooks to a receipt, which then confirms their secrets too: those made under it, and `again` that were shown once more. Of the receipts before
 * it these are taken off, or they would stay unconfirmed.
 */
export async function addWebhooksToReceipt(
  tx: Tx,
  scope: Scope,
  id: string,
  { made, again }: { readonly made: readonly string[]; readonly again: readonly string[] },
): Promise<void> {
  const db = tx.within(scope);
  const { organizationId } = scope;
  if (again.length > 0)
    await db
      .updateTable("key_receipts")
      .set({
        webhook_ids: sql`array(select one from unnest(webhook_ids) as one where one <> all (${[...again]}::uuid[]))`,
      })
      .where("organization_id", "=", organizationId)
      .where(sql<boolean>`webhook_ids && ${[...again]}::uuid[]`)
      .execute();
  const receipt = { organization_id: organizationId, id, key_ids: [], webhook_ids: [...made, ...again] };
  const adding = sql`on conflict (organization_id, id) do update set webhook_ids = key_receipts.webhook_ids || excluded.webhook_ids returning 1`;
  await insertion("key_receipts", [receipt], adding).execute(db);
}

function keysIn(tx: Tx, scope: Scope, filter: KeyFilter) {
  let query = tx.within(scope).selectFrom("api_keys").where("organization_id", "=", scope.organizationId);
  if (scope.podId !== null) query = query.where("pod_id", "=", scope.podId);
  if (scope.inboxId !== null) query = query.where("inbox_id", "=", scope.inboxId);
  else if (filter.exact) query = query.where("inbox_id", "is", null);
  if (filter.type !== undefined)
    query = query.where("public_key", filter.type === "bearer" ? "is" : "is not", null);
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
    "public_key",
    "client_id",
    "created_by",
    // Not from inboxes: Citus refuses to look from a table that every node has into one that is spread.
    column
      .selectFrom("addresses")
      .whereRef("addresses.pod_id", "=", "api_keys.pod_id")
      .whereRef("addresses.inbox_id", "=", "api_keys.inbox_id")
      .where("addresses.kind", "=", "inbox")
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
    publicKey: readPublicKey(row.public_key),
    clientId: row.client_id,
    createdByKeyId: row.created_by,
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

/** The id of the public key that was registered under a client_id; null also when keys of several owners have it. */
export async function findIdOfClient(
  tx: Tx,
  scope: Scope,
  filter: KeyFilter,
  clientId: string,
): Promise<string | null> {
  const [first, second] = await keysIn(tx, scope, filter)
    .where("client_id", "=", clientId)
    .limit(2)
    .execute();
  return first === undefined || second !== undefined ? null : first.id;
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

/** Those of the keys that the scope has, in no order. */
export async function findKeys(tx: Tx, scope: Scope, ids: readonly string[]): Promise<ApiKey[]> {
  if (ids.length === 0) return [];
  return (await keysIn(tx, scope, { exact: false }).where("id", "=", anyOf(ids)).execute()).map(keyOf);
}

export async function deleteKeyRows(tx: Tx, scope: Scope, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .within(scope)
    .deleteFrom("api_keys")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", anyOf(ids))
    .execute();
}

/** Writes the permissions of keys. */
export async function updateKeyPermissions(tx: Tx, scope: Scope, keys: readonly ApiKey[]): Promise<void> {
  if (keys.length === 0) return;
  const rows = keys.map(({ id, permissions, updatedAt }) => ({ id, permissions, updated_at: updatedAt }));
  await sql`
    update api_keys as k set permissions = changed.permissions, updated_at = changed.updated_at
    from json_populate_recordset(null::api_keys, ${JSON.stringify(rows)}) as changed
    where k.organization_id = ${scope.organizationId}::uuid and k.id = changed.id`.execute(tx.within(scope));
}

/** Says that the secrets of a receipt are where they belong. @returns how many keys there were */
export async function confirmReceipt(tx: Tx, scope: Scope, receiptId: string): Promise<number> {
  const db = tx.within(scope);
  const deleted = await db
    .deleteFrom("key_receipts")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", receiptId)
    .returning("key_ids")
    .executeTakeFirst();
  if (deleted === undefined) return confirmOlder(tx, scope, receiptId);
  const { keys } = await db
    .selectFrom("api_keys")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", anyOf(deleted.key_ids))
    .select(({ fn }) => fn.countAll<string>().as("keys"))
    .executeTakeFirstOrThrow();
  return Number(keys);
}

/** Of keys that a version made which had no rows for receipts. */
async function confirmOlder(tx: Tx, scope: Scope, receiptId: string): Promise<number> {
  const { numUpdatedRows } = await tx
    .within(scope)
    .updateTable("api_keys")
    .set({ receipt_id: null })
    .where("organization_id", "=", scope.organizationId)
    .where("receipt_id", "=", receiptId)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

/** What a key is called, and exactly whose it is. */
export interface KeyName {
  readonly podId: string | null;
  readonly inboxId: string | null;
  readonly name: string;
}

export const nameKey = ({ podId, inboxId, name }: KeyName): string => `${podId} ${inboxId} ${name}`;

/** Keys of pods and inboxes by name, the oldest of each that has not expired. @returns by nameKey */
export async function findKeysNamed(
  tx: Tx,
  scope: Scope,
  names: readonly KeyName[],
  now: Date,
): Promise<ReadonlyMap<string, ApiKey>> {
  if (names.length === 0) return new Map();
  const rows = names.map(({ podId, inboxId, name }) => ({ pod_id: podId, inbox_id: inboxId, name }));
  const found = await keysIn(tx, scope, { exact: false })
    .where(
      sql<boolean>`api_keys.id in (
        select named.id
        from json_to_recordset(${JSON.stringify(rows)}) as wanted (pod_id uuid, inbox_id uuid, name text),
          lateral (
            select id from api_keys k
            where k.pod_id = wanted.pod_id and k.inbox_id = wanted.inbox_id and k.name = wanted.name
            union all
            select id from api_keys k
            where k.pod_id = wanted.pod_id and k.inbox_id is null and wanted.inbox_id is null and k.name = wanted.name
          ) as named)`,
    )
    .where("public_key", "is", null)
    .where((is) => is.or([is("expires_at", "is", null), is("expires_at", ">", now)]))
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .execute();
  return new Map(
    found.map((row) => [nameKey({ podId: row.pod_id, inboxId: row.inbox_id, name: row.name }), keyOf(row)]),
  );
}
