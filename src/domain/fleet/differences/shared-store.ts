/** SQL of what the fleet made of policies, rules and lists. */
import { sql } from "kysely";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";

export type SharedKind = "policy" | "rule" | "list";

export interface SharedMark {
  readonly kind: SharedKind;
  readonly name: string;
  readonly id: string;
  /** Hash of what the document said. */
  readonly says: string;
  readonly appliedAt: Date;
}

/** All of an organization: as many as its documents declared. */
export async function findSharedMarks(tx: Tx, scope: Scope): Promise<SharedMark[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("fleet_shared")
    .where("organization_id", "=", scope.organizationId)
    .select(["kind", "name", "resource_id", "says", "applied_at"])
    .execute();
  return rows.map((row) => ({
    // Cast: the table's check.
    kind: row.kind as SharedKind,
    name: row.name,
    id: row.resource_id,
    says: row.says,
    appliedAt: row.applied_at,
  }));
}

/** Writes marks, in place of those of the same names. */
export async function saveSharedMarks(tx: Tx, scope: Scope, marks: readonly SharedMark[]): Promise<void> {
  if (marks.length === 0) return;
  const rows = marks.map(({ kind, name, id, says, appliedAt }) => ({
    organization_id: scope.organizationId,
    kind,
    name,
    resource_id: id,
    says,
    applied_at: appliedAt,
  }));
  const replacing = sql`on conflict (organization_id, kind, name) do update set resource_id = excluded.resource_id,
    says = excluded.says, applied_at = excluded.applied_at`;
  await insertion("fleet_shared", rows, replacing).execute(tx.within(scope));
}

/** Names of policies or rules that there are, at most `limit`, in no order. */
export async function findNames(
  tx: Tx,
  scope: Scope,
  kind: "policies" | "rules",
  limit: number,
): Promise<string[]> {
  const rows = await tx
    .within(scope)
    .selectFrom(kind)
    .where("organization_id", "=", scope.organizationId)
    .select("name")
    .limit(limit)
    .execute();
  return rows.map(({ name }) => name);
}
