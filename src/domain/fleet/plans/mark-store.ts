/** SQL of what the fleet made or adopted. */
import { sql } from "kysely";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { FleetMark } from "../differences/index.ts";

/** Writes marks, in place of those of the same slugs. */
export async function saveMarks(tx: Tx, scope: Scope, marks: readonly FleetMark[]): Promise<void> {
  if (marks.length === 0) return;
  const rows = marks.map(({ slug, podId, objects, appliedAt }) => ({
    organization_id: scope.organizationId,
    slug,
    tenant_pod_id: podId,
    objects,
    applied_at: appliedAt,
  }));
  const replacing = sql`on conflict (organization_id, slug) do update set tenant_pod_id = excluded.tenant_pod_id,
    objects = excluded.objects, applied_at = excluded.applied_at`;
  await insertion("fleet_tenants", rows, replacing).execute(tx.within(scope));
}

/** Forgets tenants that are gone. */
export async function deleteMarks(tx: Tx, scope: Scope, slugs: readonly string[]): Promise<void> {
  if (slugs.length === 0) return;
  await tx
    .within(scope)
    .deleteFrom("fleet_tenants")
    .where("organization_id", "=", scope.organizationId)
    .where("slug", "=", anyOf(slugs))
    .execute();
}
