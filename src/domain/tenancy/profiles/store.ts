/** SQL of profiles: one row of an organization, and its callback URIs. */
import { sql } from "kysely";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { MAX_CALLBACK_URIS } from "./limits.ts";
import type { CallbackUri, Kept, KeptObject, Profile } from "./profile.ts";

export async function findProfile(tx: Tx, scope: Scope): Promise<Profile | null> {
  const { organizationId } = scope;
  const [row, callbackUris] = await Promise.all([
    tx
      .within(scope)
      .selectFrom("organizations")
      .leftJoin("organization_profiles", "organization_profiles.organization_id", "organizations.id")
      .where("organizations.id", "=", organizationId)
      .select([
        "organizations.name",
        "organizations.created_at",
        "organizations.updated_at",
        "organization_profiles.kept",
        "organization_profiles.updated_at as changed_at",
      ])
      .executeTakeFirst(),
    scope.podId === null ? listCallbackUris(tx, scope) : [],
  ]);
  if (row === undefined) return null;
  return {
    organizationId,
    name: row.name,
    // Cast: what keep() writes.
    kept: (row.kept ?? {}) as Kept,
    callbackUris,
    createdAt: row.created_at,
    updatedAt: row.changed_at ?? row.updated_at,
  };
}

/** Keeps these parts beside those that are kept already. */
export async function keep(tx: Tx, scope: Scope, kept: Kept, at: Date): Promise<void> {
  await sql`insert into organization_profiles (organization_id, kept, updated_at)
    values (${scope.organizationId}::uuid, ${JSON.stringify(kept)}::jsonb, ${at}::timestamptz)
    on conflict (organization_id) do update
    set kept = organization_profiles.kept || excluded.kept, updated_at = excluded.updated_at`.execute(
    tx.within(scope),
  );
}

/** Keeps these parts no more. */
export async function forget(tx: Tx, scope: Scope, parts: readonly (keyof Kept)[], at: Date): Promise<void> {
  await sql`update organization_profiles set kept = kept - ${parts}::text[], updated_at = ${at}::timestamptz
    where organization_id = ${scope.organizationId}::uuid`.execute(tx.within(scope));
}

/** True when the organization has an inbox. */
export async function hasInboxes(tx: Tx, scope: Scope): Promise<boolean> {
  const row = await tx
    .within(scope)
    .selectFrom("inboxes")
    .where("organization_id", "=", scope.organizationId)
    .select("id")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

const callbackColumns = [
  "id",
  "organization_id",
  "url",
  "platform",
  "settings",
  "created_at",
  "updated_at",
] as const;

interface CallbackRow {
  readonly id: string;
  readonly organization_id: string;
  readonly url: string;
  readonly platform: string;
  readonly settings: unknown;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const callbackOf = (row: CallbackRow): CallbackUri => ({
  id: row.id,
  organizationId: row.organization_id,
  url: row.url,
  platform: row.platform,
  // Cast: what insertCallbackUris writes.
  settings: row.settings as KeptObject,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** All of them, oldest first; there are never more than MAX_CALLBACK_URIS. */
export async function listCallbackUris(tx: Tx, scope: Scope): Promise<CallbackUri[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("callback_uris")
    .where("organization_id", "=", scope.organizationId)
    .select(callbackColumns)
    .orderBy("created_at")
    .orderBy("id")
    .limit(MAX_CALLBACK_URIS)
    .execute();
  return rows.map(callbackOf);
}

export async function findCallbackUri(tx: Tx, scope: Scope, id: string): Promise<CallbackUri | null> {
  const row = await tx
    .within(scope)
    .selectFrom("callback_uris")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .select(callbackColumns)
    .executeTakeFirst();
  return row === undefined ? null : callbackOf(row);
}

const callbackRow = (callback: CallbackUri) => ({
  id: callback.id,
  organization_id: callback.organizationId,
  url: callback.url,
  platform: callback.platform,
  settings: callback.settings,
  created_at: callback.createdAt,
  updated_at: callback.updatedAt,
});

export async function insertCallbackUris(
  tx: Tx,
  scope: Scope,
  callbacks: readonly CallbackUri[],
): Promise<void> {
  if (callbacks.length === 0) return;
  await insertion("callback_uris", callbacks.map(callbackRow)).execute(tx.within(scope));
}

export async function updateCallbackRow(tx: Tx, scope: Scope, callback: CallbackUri): Promise<void> {
  await sql`update callback_uris set url = ${callback.url}, platform = ${callback.platform},
      settings = ${JSON.stringify(callback.settings)}::jsonb, updated_at = ${callback.updatedAt}::timestamptz
    where organization_id = ${scope.organizationId}::uuid and id = ${callback.id}::uuid`.execute(
    tx.within(scope),
  );
}

/** @returns whether it was there */
export async function deleteCallbackRow(tx: Tx, scope: Scope, id: string): Promise<boolean> {
  const deleted = await tx
    .within(scope)
    .deleteFrom("callback_uris")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .executeTakeFirst();
  return deleted.numDeletedRows > 0n;
}

/** Deletes all of them, for others in their place. */
export async function deleteCallbackRows(tx: Tx, scope: Scope): Promise<void> {
  await tx
    .within(scope)
    .deleteFrom("callback_uris")
    .where("organization_id", "=", scope.organizationId)
    .execute();
}
