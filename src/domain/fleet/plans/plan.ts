/** A plan: a desired state as it is stored, and what applying it would have changed when it was made. */
import type { FleetSettings } from "../differences/index.ts";

export interface FleetOptions {
  /** Only these tenants; null: all. */
  readonly targets: readonly string[] | null;
  /** Tenants that are not in the document are removed. */
  readonly prune: boolean;
  /** How many at most; null: FLEET_REMOVAL_SHARE of the fleet, or FLEET_REMOVAL_LEAST. */
  readonly maxDelete: number | null;
  /** They are deleted at once. */
  readonly now: boolean;
}

/** What is stored of the options: with targets, the slugs of those that are to be removed. */
export interface StoredOptions extends FleetOptions {
  readonly removals: readonly string[] | null;
}

export type PlanState = "storing" | "planned" | "applying" | "applied";

export interface PlanSummary {
  readonly unchanged: number;
  readonly changes: Readonly<Record<string, number>>;
  readonly drift: number;
  readonly failures: number;
  readonly orphans: number;
}

export interface Plan {
  readonly id: string;
  readonly state: PlanState;
  readonly settings: FleetSettings;
  readonly options: StoredOptions;
  readonly tenants: number;
  readonly hash: string | null;
  readonly summary: PlanSummary | null;
  readonly appliedTo: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}
