/** How far a plan or an apply has come: each of its runs is one transaction, which begins where the one before ended. */
import type { Context } from "../../door/context.ts";
import type { Change } from "../differences/index.ts";
import { FLEET_BATCH, FLEET_BATCHES_ALONE } from "../limits.ts";
import type { MintedSecret, TenantFailure, WebhookSecret } from "./carry-tenants.ts";
import type { Plan, PlanSummary } from "./plan.ts";

/**
 * store: tenants of the document are written. compare: a stored plan is held against what is there, and nothing is changed. act: a
 * plan is made, or applied. What tenants share comes first, then the tenants, then removals.
 */
export type Step =
  | { readonly at: "store"; readonly from: number }
  | { readonly at: "shared"; readonly pass: Pass }
  | { readonly at: "tenants"; readonly pass: Pass; readonly from: number }
  | { readonly at: "removals"; readonly pass: Pass; readonly after: string }
  | { readonly at: "end" };

export type Pass = "compare" | "act";

/** Which kinds of things a document is about: what a key must be allowed follows from it. */
export interface Uses {
  readonly keys: boolean;
  readonly webhooks: boolean;
  readonly guardrails: boolean;
  readonly removals: boolean;
}

export const usesAll: Uses = { keys: true, webhooks: true, guardrails: true, removals: true };

export interface Totals {
  /** Tenants and removals that were looked at. */
  readonly done: number;
  readonly unchanged: number;
  readonly changes: Readonly<Record<string, number>>;
  readonly drift: number;
  readonly failures: number;
  readonly failedTenants: number;
}

export const noTotals: Totals = {
  done: 0,
  unchanged: 0,
  changes: {},
  drift: 0,
  failures: 0,
  failedTenants: 0,
};

export interface Stage {
  readonly planId: string;
  readonly step: Step;
  /** It was planned before: what differs now from what it was then is refused. */
  readonly isStored: boolean;
  readonly uses: Uses;
  /** Tenants and removals that there are to look at. */
  readonly total: number;
  readonly totals: Totals;
  /** Of all changes so far. */
  readonly hash: string;
}

/** What a run tells its client. */
export type FleetLine =
  | { readonly type: "change"; readonly change: Change }
  | { readonly type: "failure"; readonly failure: TenantFailure }
  | { readonly type: "secret"; readonly secret: MintedSecret }
  | { readonly type: "webhookSecret"; readonly secret: WebhookSecret }
  | { readonly type: "receipt"; readonly receiptId: string; readonly secrets: number }
  | { readonly type: "progress"; readonly done: number; readonly total: number }
  | {
      readonly type: "plan";
      readonly plan: Pick<Plan, "id" | "tenants" | "expiresAt">;
      readonly hash: string;
      readonly summary: PlanSummary;
    }
  | { readonly type: "applied"; readonly planId: string; readonly tenants: number; readonly totals: Totals };

export interface FleetRun {
  readonly lines: readonly FleetLine[];
  /** Null: it is done. */
  readonly next: Stage | null;
}

/** Tenants that the next run looks at. */
export const tenantsAtOnce = ({ isShared }: Pick<Context, "isShared">): number =>
  isShared() ? FLEET_BATCH : FLEET_BATCH * FLEET_BATCHES_ALONE;

/** What came of a run. */
export interface BatchResult {
  readonly lines: readonly FleetLine[];
  readonly changes: readonly Change[];
  readonly done: number;
  readonly unchanged: number;
  readonly failures: readonly TenantFailure[];
}

export function added(totals: Totals, { changes, done, unchanged, failures }: BatchResult): Totals {
  const counts: Record<string, number> = { ...totals.changes };
  for (const { action } of changes) counts[action] = (counts[action] ?? 0) + 1;
  return {
    done: totals.done + done,
    unchanged: totals.unchanged + unchanged,
    changes: counts,
    drift:
      totals.drift + changes.filter(({ cause, action }) => cause === "drift" && action !== "keep").length,
    failures: totals.failures + failures.length,
    failedTenants: totals.failedTenants + new Set(failures.map(({ slug }) => slug)).size,
  };
}
