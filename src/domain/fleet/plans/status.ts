/** The inventory of a fleet: each tenant with its health and its drift, then what the document does not have. */
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { findInboxesOfPods, type Inbox } from "../../tenancy/inboxes/index.ts";
import { type Account, accountsOf, type Fault, type HealthStatus } from "../accounts/index.ts";
import { type Change, type Looked, lookAt, lookAtShared, lookUpNames } from "../differences/index.ts";
import { requirePlan } from "./begin.ts";
import { isApplied } from "./carry-tenants.ts";
import type { Plan } from "./plan.ts";
import { findFleetPlan, findPlan, findPlanShared, findPlanTenants } from "./plan-store.ts";
import { findOrphans, type Orphan } from "./removal-store.ts";
import { tenantsAtOnce } from "./stage.ts";

/** in_sync: as the document says. gap: it is not there. orphan: the document does not have it. */
export type TenantState = "in_sync" | "drift" | "gap" | "orphan" | "suspended";

export interface TenantRow {
  /** Null for a pod without a client_id. */
  readonly slug: string | null;
  readonly state: TenantState;
  readonly podId: string | null;
  readonly name: string | null;
  readonly addresses: readonly string[];
  /** Null when it has no inbox. */
  readonly health: HealthStatus | null;
  readonly faults: readonly (Fault & { readonly address: string })[];
  readonly deleteAfter: Date | null;
  readonly changes: readonly Change[];
}

export interface StatusCounts {
  readonly tenants: number;
  readonly byState: Readonly<Record<TenantState, number>>;
  readonly invalid: number;
}

/** How far an inventory has come. */
export interface StatusState {
  readonly planId: string | null;
  readonly at: "tenants" | "orphans";
  readonly from: number;
  readonly after: Pick<Orphan, "id" | "createdAt"> | null;
  readonly counts: StatusCounts;
}

export interface FleetStatus {
  /** Of the document to compare with; null: that which was applied last, if any was. */
  readonly planId: string | null;
  /** Where the run before ended; absent in the first. */
  readonly from?: StatusState;
}

export interface StatusRun {
  readonly rows: readonly TenantRow[];
  /** With the last rows: changes of what tenants share. */
  readonly shared: readonly Change[] | null;
  readonly counts: StatusCounts;
  readonly next: StatusState | null;
}

const noCounts: StatusCounts = {
  tenants: 0,
  byState: { in_sync: 0, drift: 0, gap: 0, orphan: 0, suspended: 0 },
  invalid: 0,
};

/** One run of an inventory, a batch of tenants. Without a document every pod is an orphan. */
export const fleetStatus = operation({
  name: "fleet.status",
  needs: ["pod_read", "inbox_read", "api_key_read", "webhook_read", "guardrail_read"],
  on: "organization",
  kind: "read",
  fails: ["object.not_found"],
  async run(context, { planId, from }: FleetStatus): Promise<StatusRun> {
    const state = from ?? (await firstState(context, planId));
    const plan = state.planId === null ? null : await findPlan(context.tx, context.scope, state.planId);
    if (state.planId !== null && plan === null)
      throw fail("object.not_found", { message: "The plan is not there any more", hint: "Begin again." });
    return state.at === "tenants" && plan !== null
      ? tenantRows(context, plan, state)
      : orphanRows(context, plan, state);
  },
});

async function firstState(context: Context, asked: string | null): Promise<StatusState> {
  const planId =
    asked === null ? await findFleetPlan(context.tx, context.scope) : (await requirePlan(context, asked)).id;
  const base = { planId, from: 0, after: null, counts: noCounts };
  return { ...base, at: planId === null ? "orphans" : "tenants" };
}

async function tenantRows(context: Context, plan: Plan, state: StatusState): Promise<StatusRun> {
  const { tx, scope } = context;
  const atOnce = tenantsAtOnce(context);
  const entries = await findPlanTenants(tx, scope, plan.id, state.from, atOnce);
  const looked = await lookAt(context, plan.settings, await lookUpNames(context, plan.settings), entries);
  const accounts = await accountsIn(
    context,
    looked.flatMap(({ found: { live } }) => live?.pod.id ?? []),
  );
  const rows = looked.map((one) => rowOf(one, accounts.get(one.found.live?.pod.id ?? "") ?? []));
  const counts = counted(state.counts, rows);
  const isLast = entries.length < atOnce;
  const next: StatusState = isLast
    ? { ...state, at: "orphans", counts }
    : { ...state, from: state.from + entries.length, counts };
  return { rows, shared: null, counts, next };
}

/** Inboxes of the pods with their health, by pod. */
async function accountsIn(
  context: Context,
  podIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Account[]>> {
  const inboxes: readonly Inbox[] = await findInboxesOfPods(
    context.tx,
    context.scope,
    podIds,
    MAX_STATUS_INBOXES,
  );
  return Map.groupBy(await accountsOf(context, inboxes), ({ inbox }) => inbox.podId);
}

/** Inboxes that a batch of an inventory shows: forty of each tenant. What is beyond is left out. */
const MAX_STATUS_INBOXES = 10_000;

type Shown = Pick<TenantRow, "addresses" | "health" | "faults">;

const shownOf = (accounts: readonly Account[]): Shown => ({
  addresses: accounts.map(({ inbox }) => inbox.address),
  health:
    accounts.length === 0
      ? null
      : accounts.every(({ health }) => health.status === "valid")
        ? "valid"
        : "invalid",
  faults: accounts.flatMap(({ inbox, health }) =>
    health.faults.map((fault) => ({ ...fault, address: inbox.address })),
  ),
});

function rowOf(
  { desired: { slug }, found: { live }, changes }: Looked,
  accounts: readonly Account[],
): TenantRow {
  const state: TenantState =
    live === null
      ? "gap"
      : live.pod.suspendedAt !== null
        ? "suspended"
        : changes.length > 0
          ? "drift"
          : "in_sync";
  return {
    slug,
    state,
    podId: live?.pod.id ?? null,
    name: live?.pod.name ?? null,
    ...shownOf(accounts),
    deleteAfter: live?.pod.deleteAfter ?? null,
    changes,
  };
}

async function orphanRows(context: Context, plan: Plan | null, state: StatusState): Promise<StatusRun> {
  const { tx, scope } = context;
  const atOnce = tenantsAtOnce(context);
  const orphans = await findOrphans(tx, scope, plan?.id ?? null, state.after, atOnce);
  const accounts = await accountsIn(
    context,
    orphans.map(({ id }) => id),
  );
  const rows = orphans.map(
    (orphan): TenantRow => ({
      slug: orphan.slug,
      state: orphan.suspendedAt === null ? "orphan" : "suspended",
      podId: orphan.id,
      name: orphan.name,
      ...shownOf(accounts.get(orphan.id) ?? []),
      deleteAfter: orphan.deleteAfter,
      changes: [],
    }),
  );
  const counts = counted(state.counts, rows);
  const last = orphans.at(-1);
  if (last !== undefined && orphans.length === atOnce)
    return { rows, shared: null, counts, next: { ...state, after: last, counts } };
  return { rows, shared: await sharedChanges(context, plan), counts, next: null };
}

async function sharedChanges(context: Context, plan: Plan | null): Promise<readonly Change[]> {
  if (plan === null) return [];
  const shared = await findPlanShared(context.tx, context.scope, plan.id);
  return (await lookAtShared(context, plan.settings, shared)).changes.filter(isApplied);
}

function counted(before: StatusCounts, rows: readonly TenantRow[]): StatusCounts {
  const byState = { ...before.byState };
  for (const { state } of rows) byState[state]++;
  return {
    tenants: before.tenants + rows.length,
    byState,
    invalid: before.invalid + rows.filter(({ health }) => health === "invalid").length,
  };
}
