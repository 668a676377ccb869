/** SQL of keys that are given new secrets. */
import { sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { ApiKey } from "./api-key.ts";
import { isUnconfirmed } from "./rows.ts";
import { findKeys } from "./store.ts";

export interface RotatedKey {
  readonly key: ApiKey;
  /** client_id of its pod. */
  readonly tenant: string;
  /** False: its secret is on record as received by nobody. */
  readonly isConfirmed: boolean;
}

export interface KeysNamed {
  readonly names: readonly string[];
  /** client_ids of pods; null: all that have one. */
  readonly tenants: readonly string[] | null;
  /** Ids between which the keys lie. */
  readonly after: string;
  readonly before: string;
  readonly now: Date;
}

/** Locks living keys of pods that have a client_id, in the order of their ids, at most `limit`. */
export async function lockKeysNamed(
  tx: Tx,
  scope: Scope,
  { names, tenants, after, before, now }: KeysNamed,
  limit: number,
): Promise<RotatedKey[]> {
  const db = tx.within(scope);
  // Pods are spread over the nodes of a cluster and keys are on each, so that no one statement asks for both.
  const { rows } = await sql<{ id: string; tenant: string; confirmed: boolean }>`
    select k.id, c.client_id as tenant, not ${isUnconfirmed(scope, "k")} as confirmed
    from api_keys as k join client_ids as c on c.home_id = ${scope.organizationId}::uuid and c.kind = 'pod' and c.resource_id = k.pod_id
    where k.organization_id = ${scope.organizationId}::uuid and k.name = ${anyOf(names)} and k.public_key is null and (k.expires_at is null or k.expires_at > ${now})
      and k.id > ${after}::uuid and k.id < ${before}::uuid
      and (${tenants === null} or c.client_id = ${anyOf(tenants ?? [])})
    order by k.id limit ${limit} for update of k`.execute(db);
  const keys = await findKeys(
    tx,
    scope,
    rows.map(({ id }) => id),
  );
  const byId = new Map(keys.map((key) => [key.id, key]));
  return rows.flatMap(({ id, tenant, confirmed }) => {
    const key = byId.get(id);
    return key === undefined ? [] : [{ key, tenant, isConfirmed: confirmed }];
  });
}

/** Those of the client_ids that no pod has. */
export async function findAbsentTenants(tx: Tx, scope: Scope, tenants: readonly string[]): Promise<string[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("client_ids")
    .where("home_id", "=", scope.organizationId)
    .where("kind", "=", "pod")
    .where("client_id", "=", anyOf(tenants))
    .select("client_id")
    .execute();
  const found = new Set(rows.map((row) => row.client_id));
  return [...new Set(tenants)].filter((tenant) => !found.has(tenant));
}

/** Has keys that were replaced expire under another name; one without a time is deleted. */
export async function retireKeys(
  tx: Tx,
  scope: Scope,
  keys: readonly { readonly id: string; readonly name: string; readonly expiresAt: Date | null }[],
  now: Date,
): Promise<void> {
  if (keys.length === 0) return;
  const db = tx.within(scope);
  const going = keys.flatMap(({ id, expiresAt }) => (expiresAt === null ? [id] : []));
  if (going.length > 0) await db.deleteFrom("api_keys").where("id", "=", anyOf(going)).execute();
  const rows = keys.flatMap(({ id, name, expiresAt }) =>
    expiresAt === null ? [] : [{ id, name, expires_at: expiresAt }],
  );
  if (rows.length === 0) return;
  await sql`
    update api_keys as k set name = retired.name, expires_at = retired.expires_at, updated_at = ${now}
    from json_to_recordset(${JSON.stringify(rows)}) as retired (id uuid, name text, expires_at timestamptz)
    where k.organization_id = ${scope.organizationId}::uuid and k.id = retired.id`.execute(db);
}
