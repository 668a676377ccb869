/** SQL of tenants that a document does not have. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";

/** A tenant of the fleet, with what is there of it. */
export interface Leaving {
  readonly slug: string;
  /** Null: its pod is gone. */
  readonly podId: string | null;
  readonly suspendedAt: Date | null;
  readonly deleteAfter: Date | null;
}

/**
 * What a plan leaves out. By `except`, here and below: of a plan that was just stored the planner knows nothing, takes it for one row
 * and would read all of it for each tenant. @param only null: all of the fleet that the plan does not have; else those of these slugs that are of the fleet */
const leftOut = (scope: Scope, planId: string, only: readonly string[] | null) =>
  only === null
    ? sql`t.organization_id = ${scope.organizationId}::uuid and t.slug in (
        select slug from fleet_tenants where organization_id = ${scope.organizationId}::uuid
        except select slug from fleet_plan_tenants where plan_id = ${planId}::uuid)`
    : sql`t.organization_id = ${scope.organizationId}::uuid and t.slug = any(${[...only]}::text[])`;

/** Up to `limit` of them behind a slug, in the order of their slugs. */
export async function findLeaving(
  tx: Tx,
  scope: Scope,
  planId: string,
  only: readonly string[] | null,
  after: string,
  limit: number,
): Promise<Leaving[]> {
  const { rows } = await sql<{
    slug: string;
    id: string | null;
    suspended_at: Date | null;
    delete_after: Date | null;
  }>`
    select t.slug, p.id, p.suspended_at, p.delete_after
    from fleet_tenants t left join pods p on p.id = t.tenant_pod_id and p.organization_id = t.organization_id and p.deleting_at is null
    where ${leftOut(scope, planId, only)} and t.slug > ${after}
    order by t.slug limit ${limit}`.execute(tx.within(scope));
  return rows.map((row) => ({
    slug: row.slug,
    podId: row.id,
    suspendedAt: row.suspended_at,
    deleteAfter: row.delete_after,
  }));
}

/** How many tenants the fleet has, and how many of them would be removed: those that are there and, unless at once, not suspended yet. */
export async function countLeaving(
  tx: Tx,
  scope: Scope,
  planId: string,
  only: readonly string[] | null,
  atOnce: boolean,
): Promise<{ readonly fleet: number; readonly leaving: number }> {
  const { rows } = await sql<{ fleet: number; leaving: number }>`
    select (select count(*)::int from fleet_tenants where organization_id = ${scope.organizationId}::uuid) as fleet,
      (select count(*)::int from fleet_tenants t
        join pods p on p.id = t.tenant_pod_id and p.organization_id = t.organization_id and p.deleting_at is null
        where ${leftOut(scope, planId, only)} and (${atOnce} or p.suspended_at is null)) as leaving`.execute(
    tx.within(scope),
  );
  return rows[0] ?? { fleet: 0, leaving: 0 };
}

/** A pod that the document does not have. */
export interface Orphan {
  readonly id: string;
  readonly slug: string | null;
  readonly name: string;
  readonly suspendedAt: Date | null;
  readonly deleteAfter: Date | null;
  readonly createdAt: Date;
}

/** Pods but the Default Pod that the plan does not have, oldest first, behind one of them. @param planId null: there is no document */
export async function findOrphans(
  tx: Tx,
  scope: Scope,
  planId: string | null,
  after: Pick<Orphan, "id" | "createdAt"> | null,
  limit: number,
): Promise<Orphan[]> {
  const behind =
    after === null
      ? sql`true`
      : sql`(p.created_at, p.id) > (${after.createdAt}::timestamptz, ${after.id}::uuid)`;
  const { rows } = await sql<{
    id: string;
    client_id: string | null;
    name: string;
    suspended_at: Date | null;
    delete_after: Date | null;
    created_at: Date;
  }>`
    with orphan as materialized (${orphansOf(scope, planId)})
    select p.id, p.client_id, p.name, p.suspended_at, p.delete_after, p.created_at from pods p
    where p.organization_id = ${scope.organizationId}::uuid and p.id <> p.organization_id and p.deleting_at is null and ${behind}
      and (p.client_id is null or p.client_id collate "C" in (select slug from orphan))
    order by p.created_at, p.id limit ${limit}`.execute(tx.within(scope));
  return rows.map((row) => ({
    id: row.id,
    slug: row.client_id,
    name: row.name,
    suspendedAt: row.suspended_at,
    deleteAfter: row.delete_after,
    createdAt: row.created_at,
  }));
}

/** client_ids of pods that the plan does not have. */
const orphansOf = (scope: Scope, planId: string | null, which = sql`true`) => sql`
  select client_id collate "C" as slug from pods
    where organization_id = ${scope.organizationId}::uuid and client_id is not null and deleting_at is null and ${which}
  except select slug from fleet_plan_tenants where plan_id = ${planId}::uuid`;

/** How many there are, without those that are on their way out. */
export async function countOrphans(tx: Tx, scope: Scope, planId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select (select count(*)::int from (${orphansOf(scope, planId, sql`suspended_at is null`)}) as orphan) + (select count(*)::int
      from pods p where p.organization_id = ${scope.organizationId}::uuid and p.id <> p.organization_id and p.client_id is null
        and p.deleting_at is null and p.suspended_at is null) as count`.execute(tx.within(scope));
  return rows[0]?.count ?? 0;
}
