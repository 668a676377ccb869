/** Begins a plan or an apply: the document is stored, so that no run holds more of it than a batch. */
import { isUuid } from "../../../lib/uuid.ts";
import type { FleetTenant } from "../../../protocols/fleet-file/index.ts";
import type { Context } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { field, type Path, says } from "../../door/text.ts";
import { type DesiredFleet, type FleetSettings, lookUpNames, type PlacesOf } from "../differences/index.ts";
import {
  FLEET_PLAN_HOURS,
  FLEET_REMOVAL_LEAST,
  FLEET_REMOVAL_SHARE,
  FLEET_STORE_BATCH,
  FLEET_STORE_WEIGHT,
  MAX_FLEET_PLANS,
  MAX_FLEET_PROBLEMS,
} from "../limits.ts";
import { pieceOf } from "./pieces.ts";
import type { FleetOptions, Plan } from "./plan.ts";
import { deleteOldPlans, findPlan, insertPlan, insertPlanTenants } from "./plan-store.ts";
import { countLeaving } from "./removal-store.ts";
import { noTotals, type Stage, type Uses, usesAll } from "./stage.ts";

/** A document, and what is to be done with it. */
export interface Wanted {
  readonly desired: DesiredFleet;
  readonly options: FleetOptions;
}

export const usesOf = ({ desired: { shared, uses }, options }: Wanted): Uses => ({
  ...uses,
  guardrails: [shared.policies, shared.rules, shared.lists].some(
    (declared) => Object.keys(declared).length > 0,
  ),
  removals: options.prune,
});

/** Tenants of the document that the request is about. @throws Failure input.invalid for one that it does not have */
export function targetedOf({
  desired: { tenants },
  options: { targets, prune },
}: Wanted): readonly FleetTenant[] {
  if (targets === null) return tenants;
  const wanted = new Set(targets);
  const found = tenants.filter(({ slug }) => wanted.has(slug));
  const slugs = new Set(found.map(({ slug }) => slug));
  const missing = targets.findIndex((slug) => !slugs.has(slug));
  if (missing !== -1 && !prune)
    throw invalid(
      ["targets", missing],
      `The document has no tenant ${targets[missing]}`,
      "Leave it out, or prune to remove it.",
    );
  return found;
}

/** The first of them: nobody is told of more. */
const placesIn =
  ({ settings: { defaults }, tenants }: DesiredFleet): PlacesOf =>
  (kind, name) => {
    const places: Path[] = [];
    const look = ({ policy, rules = [] }: FleetSettings["defaults"], path: () => Path): void => {
      if (kind === "policies" && policy === name) places.push([...path(), "policy"]);
      const at = kind === "rules" ? rules.indexOf(name) : -1;
      if (at !== -1) places.push([...path(), "rules", at]);
    };
    look(defaults, () => ["document", "defaults"]);
    for (const [index, tenant] of tenants.entries()) {
      if (places.length >= MAX_FLEET_PROBLEMS) break;
      look(tenant, () => ["document", "tenants", index]);
    }
    return places;
  };

/** Stores what a plan is of. @returns the stage behind it */
export async function beginWith(context: Context, wanted: Wanted): Promise<Stage> {
  const { tx, scope, now, newId } = context;
  const { desired, options } = wanted;
  const targeted = targetedOf(wanted);
  const slugs = new Set(targeted.map(({ slug }) => slug));
  const id = newId();
  // Before anything is stored: what a document names and nobody made is a mistake in it.
  await lookUpNames(context, desired.settings, placesIn(desired));
  await deleteOldPlans(tx, scope, now, MAX_FLEET_PLANS);
  await insertPlan(tx, scope, {
    id,
    settings: desired.settings,
    shared: desired.shared,
    options: { ...options, removals: options.targets?.filter((slug) => !slugs.has(slug)) ?? null },
    tenants: targeted.length,
    createdAt: now,
    expiresAt: new Date(now.getTime() + FLEET_PLAN_HOURS * 3_600_000),
  });
  return {
    planId: id,
    step: { at: "store", from: 0 },
    isStored: false,
    uses: usesOf(wanted),
    total: targeted.length,
    totals: noTotals,
    hash: "",
  };
}

/** Stores the next tenants. */
export async function storeNext(
  { tx, scope }: Context,
  stage: Stage,
  from: number,
  targeted: readonly FleetTenant[],
): Promise<Stage> {
  const batch = pieceOf(targeted, from, FLEET_STORE_BATCH, FLEET_STORE_WEIGHT);
  await insertPlanTenants(tx, scope, stage.planId, from, batch);
  const next = from + batch.length;
  return {
    ...stage,
    step: next < targeted.length ? { at: "store", from: next } : { at: "shared", pass: "act" },
  };
}

/** @throws Failure object.not_found for a plan that is not there or has expired, object.conflict for one that cannot be applied */
export async function beginPlan(context: Context, planId: string): Promise<Stage> {
  const plan = await requirePlan(context, planId);
  if (plan.state !== "planned" && plan.state !== "applying")
    throw fail("object.conflict", {
      message: plan.state === "applied" ? "The plan has been applied" : "The plan is not complete",
      hint: "Make a new plan.",
    });
  return {
    planId: plan.id,
    step: { at: "shared", pass: "compare" },
    isStored: true,
    uses: usesAll,
    total: plan.tenants,
    totals: noTotals,
    hash: "",
  };
}

/** @throws Failure object.not_found */
export async function requirePlan({ tx, scope, now }: Context, planId: string): Promise<Plan> {
  const plan = isUuid(planId) ? await findPlan(tx, scope, planId) : null;
  if (plan === null || plan.expiresAt < now)
    throw fail("object.not_found", {
      message: plan === null ? "Plan not found" : "The plan has expired",
      hint: `Make a new plan: one can be applied for ${FLEET_PLAN_HOURS} hours.`,
    });
  return plan;
}

/**
 * How many tenants would be removed.
 * @throws Failure limit.exceeded when they are more than the request allows, input.invalid for an empty document that allows none
 */
export async function countRemovals({ tx, scope }: Context, plan: Plan): Promise<number> {
  const { prune, maxDelete, now: atOnce, removals, targets } = plan.options;
  if (!prune) return 0;
  if (plan.tenants === 0 && targets === null && maxDelete === null)
    throw invalid(
      ["maxDelete"],
      says`The document has no tenants, and all would be removed: this needs ${field("maxDelete")}`,
      "Say how many tenants may be removed, or check the file that they come from.",
    );
  const { fleet, leaving } = await countLeaving(tx, scope, plan.id, removals, atOnce);
  const most = maxDelete ?? Math.max(FLEET_REMOVAL_LEAST, Math.floor(fleet * FLEET_REMOVAL_SHARE));
  if (leaving > most)
    throw fail("limit.exceeded", {
      path: ["maxDelete"],
      message: says`${leaving} of ${fleet} tenants would be removed, and ${most} may be`,
      hint: says`Set ${field("maxDelete")} to ${leaving} if that is meant.`,
      limit: { resource: "removal", count: most, used: leaving },
    });
  return leaving;
}
