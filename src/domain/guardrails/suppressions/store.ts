/** SQL of suppressions: rows of list_entries that have a cause. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import { type Suppression, suppressionCauses } from "./suppression.ts";

interface Row {
  readonly organization_id: string;
  readonly pod_id: string | null;
  readonly entry: string;
  readonly reason: string | null;
  readonly cause: string | null;
  readonly created_at: Date;
}

function suppressionOf(row: Row): Suppression {
  const cause = suppressionCauses.find((one) => one === row.cause);
  if (cause === undefined || row.pod_id === null)
    throw new Error(`an entry is suppressed for the unknown cause ${row.cause}`);
  return {
    organizationId: row.organization_id,
    podId: row.pod_id,
    address: row.entry,
    cause,
    reason: row.reason,
    createdAt: row.created_at,
  };
}

const suppressed = (tx: Tx, scope: Scope, podId: string) =>
  tx
    .within(scope)
    .selectFrom("list_entries")
    .where("organization_id", "=", scope.organizationId)
    .where("pod_id", "=", podId)
    .where("cause", "is not", null)
    .select(["organization_id", "pod_id", "entry", "reason", "cause", "created_at"]);

/** By address. Fetches one row more than the page, so that the caller knows whether there is another. */
export async function listSuppressions(
  tx: Tx,
  scope: Scope,
  podId: string,
  page: PageRequest,
): Promise<Suppression[]> {
  const rows = await keyset(suppressed(tx, scope, podId), ["entry"], page, ["text"]).execute();
  return rows.map(suppressionOf);
}

export async function findSuppressions(
  tx: Tx,
  scope: Scope,
  podId: string,
  addresses: readonly string[],
): Promise<Suppression[]> {
  const rows = await suppressed(tx, scope, podId)
    .where(sql<boolean>`entry = any (${[...addresses]}::text[])`)
    .execute();
  return rows.map(suppressionOf);
}

/** How many a pod has, counted to `most`. */
export async function countSuppressions(tx: Tx, scope: Scope, podId: string, most: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select rookery_suppression_count(${podId}::uuid, ${most}) as count`.execute(tx.within(scope));
  return rows[0]?.count ?? 0;
}

/**
 * Suppresses addresses, each named once. One that is suppressed already is left as it is; a caller's own entry for it becomes a suppression, as
 * taking that off would end both. @returns those that were not suppressed before
 */
export async function insertSuppressions(
  tx: Tx,
  scope: Scope,
  rows: readonly (Suppression & { readonly id: string })[],
): Promise<ReadonlySet<string>> {
  const wanted = rows
    .toSorted((a, b) => (a.address < b.address ? -1 : 1))
    .map((one) => ({
      id: one.id,
      organization_id: one.organizationId,
      pod_id: one.podId,
      entry: one.address,
      reason: one.reason,
      cause: one.cause,
      created_at: one.createdAt,
    }));
  const { rows: added } = await sql<{ entry: string }>`
    insert into list_entries as known (id, organization_id, pod_id, inbox_id, direction, list_type, entry, reason, cause, created_at)
    select id, organization_id, pod_id, null, 'send', 'block', entry, reason, cause, created_at
    from json_to_recordset(${JSON.stringify(wanted)}) as w (id uuid, organization_id uuid, pod_id uuid, entry text, reason text,
      cause text, created_at timestamptz)
    on conflict (pod_id, inbox_id, organization_id, direction, list_type, entry) do update
      set cause = excluded.cause, reason = coalesce(known.reason, excluded.reason) where known.cause is null
    returning entry`.execute(tx.within(scope));
  return new Set(added.map(({ entry }) => entry));
}

/** @returns false when it is not suppressed */
export async function deleteSuppression(
  tx: Tx,
  scope: Scope,
  podId: string,
  address: string,
): Promise<boolean> {
  const row = await tx
    .within(scope)
    .deleteFrom("list_entries")
    .where("organization_id", "=", scope.organizationId)
    .where("pod_id", "=", podId)
    .where("entry", "=", address)
    .where("cause", "is not", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}
