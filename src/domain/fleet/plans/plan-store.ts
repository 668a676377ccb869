/** SQL of plans. */
import { sql } from "kysely";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { Change, DeclaredShared, FleetSettings, FleetTenant } from "../differences/index.ts";
import type { Plan, PlanState, PlanSummary, StoredOptions } from "./plan.ts";

export interface NewPlan
  extends Pick<Plan, "id" | "settings" | "options" | "tenants" | "createdAt" | "expiresAt"> {
  readonly shared: DeclaredShared;
}

export async function insertPlan(tx: Tx, scope: Scope, plan: NewPlan): Promise<void> {
  const row = {
    id: plan.id,
    organization_id: scope.organizationId,
    state: "storing",
    settings: plan.settings,
    shared: plan.shared,
    options: plan.options,
    tenants: plan.tenants,
    applied_to: 0,
    created_at: plan.createdAt,
    expires_at: plan.expiresAt,
  };
  await insertion("fleet_plans", [row]).execute(tx.within(scope));
}

/** Deletes plans that have expired and those beyond the newest `keep`, but for the one that was applied last. */
export async function deleteOldPlans(tx: Tx, scope: Scope, now: Date, keep: number): Promise<void> {
  await sql`
    delete from fleet_plans p where p.organization_id = ${scope.organizationId}::uuid
      and (p.expires_at < ${now} or p.id not in (
        select id from fleet_plans where organization_id = ${scope.organizationId}::uuid order by created_at desc, id desc limit ${keep}))
      and p.id not in (select plan_id from fleets where organization_id = ${scope.organizationId}::uuid and plan_id is not null)
    returning 1`.execute(tx.within(scope));
}

/** Stores tenants from a position on. */
export async function insertPlanTenants(
  tx: Tx,
  scope: Scope,
  planId: string,
  from: number,
  entries: readonly FleetTenant[],
): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map((entry, index) => ({
    plan_id: planId,
    position: from + index,
    organization_id: scope.organizationId,
    slug: entry.slug,
    entry,
  }));
  await insertion("fleet_plan_tenants", rows, sql`on conflict do nothing returning 1`).execute(
    tx.within(scope),
  );
}

export async function findPlan(tx: Tx, scope: Scope, id: string): Promise<Plan | null> {
  const row = await tx
    .within(scope)
    .selectFrom("fleet_plans")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .select([
      "id",
      "state",
      "settings",
      "options",
      "tenants",
      "hash",
      "summary",
      "applied_to",
      "created_at",
      "expires_at",
    ])
    .executeTakeFirst();
  if (row === undefined) return null;
  // Casts: insertPlan and finishPlan wrote them.
  return {
    id: row.id,
    state: row.state as PlanState,
    settings: row.settings as FleetSettings,
    options: row.options as StoredOptions,
    tenants: row.tenants,
    hash: row.hash,
    summary: row.summary as PlanSummary | null,
    appliedTo: row.applied_to,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

/** What the plan's document declares. */
export async function findPlanShared(tx: Tx, scope: Scope, id: string): Promise<DeclaredShared> {
  const row = await tx
    .within(scope)
    .selectFrom("fleet_plans")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .select("shared")
    .executeTakeFirstOrThrow();
  // Cast: insertPlan wrote it.
  return row.shared as DeclaredShared;
}

/** Tenants from a position on, in order. Of a plan that was just stored the planner knows nothing, and would read and sort all of it for each batch. */
export async function findPlanTenants(
  tx: Tx,
  scope: Scope,
  planId: string,
  from: number,
  limit: number,
): Promise<FleetTenant[]> {
  const rows = await tx.inIndexOrder(() =>
    tx
      .within(scope)
      .selectFrom("fleet_plan_tenants")
      .where("organization_id", "=", scope.organizationId)
      .where("plan_id", "=", planId)
      .where("position", ">=", from)
      .select("entry")
      .orderBy("position")
      .limit(limit)
      .execute(),
  );
  // Cast: insertPlanTenants wrote them.
  return rows.map((row) => row.entry as FleetTenant);
}

export async function finishPlan(
  tx: Tx,
  scope: Scope,
  id: string,
  { hash, summary }: { readonly hash: string; readonly summary: PlanSummary },
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("fleet_plans")
    .set({ state: "planned", hash, summary: JSON.stringify(summary) })
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .execute();
}

export async function setPlanState(tx: Tx, scope: Scope, id: string, state: PlanState): Promise<void> {
  await tx
    .within(scope)
    .updateTable("fleet_plans")
    .set({ state })
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .execute();
}

/** Says that tenants before the position were applied. */
export async function setAppliedTo(tx: Tx, scope: Scope, id: string, position: number): Promise<void> {
  await tx
    .within(scope)
    .updateTable("fleet_plans")
    .set(({ fn, ref }) => ({
      applied_to: fn<number>("greatest", [ref("applied_to"), sql`${position}::integer`]),
    }))
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .execute();
}

/** Stores the changes of a batch. */
export async function insertBatch(
  tx: Tx,
  scope: Scope,
  planId: string,
  batch: string,
  changes: readonly Change[],
): Promise<void> {
  if (changes.length === 0) return;
  const row = {
    plan_id: planId,
    batch,
    position: positionOf(batch),
    organization_id: scope.organizationId,
    lines: changes,
  };
  await insertion("fleet_plan_changes", [row], sql`on conflict do nothing returning 1`).execute(
    tx.within(scope),
  );
}

/** Batches in the order in which they were made. */
const positionOf = (batch: string): number => {
  if (batch === "shared") return -1;
  const [kind, at = ""] = batch.split(":");
  return kind === "tenants" ? Number(at) : 2_000_000_000;
};

/** Changes of a batch, as they were stored: dates are texts. */
export async function findBatch(tx: Tx, scope: Scope, planId: string, batch: string): Promise<Change[]> {
  const row = await tx
    .within(scope)
    .selectFrom("fleet_plan_changes")
    .where("organization_id", "=", scope.organizationId)
    .where("plan_id", "=", planId)
    .where("batch", "=", batch)
    .select("lines")
    .executeTakeFirst();
  return row === undefined ? [] : changesIn(row.lines);
}

/** The batch that comes behind another; null: there is none. */
export async function findBatchAfter(
  tx: Tx,
  scope: Scope,
  planId: string,
  after: { readonly position: number; readonly batch: string } | null,
): Promise<{
  readonly position: number;
  readonly batch: string;
  readonly changes: readonly Change[];
} | null> {
  let query = tx
    .within(scope)
    .selectFrom("fleet_plan_changes")
    .where("organization_id", "=", scope.organizationId)
    .where("plan_id", "=", planId);
  if (after !== null)
    query = query.where(sql<boolean>`(position, batch) > (${after.position}::integer, ${after.batch})`);
  const row = await query
    .select(["position", "batch", "lines"])
    .orderBy("position")
    .orderBy("batch")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : { ...row, changes: changesIn(row.lines) };
}

// Cast: insertBatch wrote them.
const changesIn = (lines: unknown): Change[] =>
  (lines as Change[]).map((change) => ({
    ...change,
    by: change.by === null ? null : { ...change.by, at: new Date(change.by.at) },
  }));

/** Has applies of the organization take turns until the end of the transaction. */
export async function lockFleet(tx: Tx, scope: Scope): Promise<void> {
  const row = { organization_id: scope.organizationId };
  const made = insertion("fleets", [row], sql`on conflict do nothing returning 1`).execute(tx.within(scope));
  const locked = tx
    .within(scope)
    .selectFrom("fleets")
    .where("organization_id", "=", scope.organizationId)
    .select("organization_id")
    .forUpdate()
    .execute();
  await Promise.all([made, locked]);
}

/** Says which plan is the one that is applied. The fleet is locked. */
export async function setFleetPlan(tx: Tx, scope: Scope, planId: string): Promise<void> {
  await tx
    .within(scope)
    .updateTable("fleets")
    .set({ plan_id: planId })
    .where("organization_id", "=", scope.organizationId)
    .execute();
}

export async function findFleetPlan(tx: Tx, scope: Scope): Promise<string | null> {
  const row = await tx
    .within(scope)
    .selectFrom("fleets")
    .where("organization_id", "=", scope.organizationId)
    .select("plan_id")
    .executeTakeFirst();
  return row?.plan_id ?? null;
}

/** Which of these slugs the plan's document has. */
export async function findPlanSlugs(
  tx: Tx,
  scope: Scope,
  planId: string,
  slugs: readonly string[],
): Promise<ReadonlySet<string>> {
  if (slugs.length === 0) return new Set();
  const rows = await tx
    .within(scope)
    .selectFrom("fleet_plan_tenants")
    .where("plan_id", "=", planId)
    .where("slug", "=", anyOf(slugs))
    .select("slug")
    .execute();
  return new Set(rows.map(({ slug }) => slug));
}
