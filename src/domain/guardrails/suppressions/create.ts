import { lockOwners } from "../../door/access/index.ts";
import type { Targeted } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { MAX_SUPPRESSIONS, MAX_SUPPRESSIONS_AT_ONCE } from "./limits.ts";
import { type NewSuppression, planSuppression, type SuppressionPlan } from "./plan.ts";
import { countSuppressions, findSuppressions, insertSuppressions } from "./store.ts";
import type { Suppression } from "./suppression.ts";

/** Suppresses an address by hand. One that is suppressed already is the answer as it is. */
export const createSuppression = operation({
  name: "suppression.create",
  needs: ["list_entry_create"],
  on: "pod",
  kind: "write",
  fails: ["limit.exceeded"],
  check: (input: NewSuppression) => planSuppression(input, []),
  async run(context, plan): Promise<Suppression> {
    await add(context, [plan]);
    const [found] = await findSuppressions(context.tx, context.scope, context.pod.id, [plan.address]);
    if (found === undefined) throw new Error("a suppression was made and is not there");
    return found;
  },
});

export interface Imported {
  /** Addresses that were not suppressed before. */
  readonly added: number;
  /** The rest of those that were given; one that is given twice counts once. */
  readonly known: number;
}

/** Suppresses many at once, all or none: those of a list that was kept elsewhere. */
export const importSuppressions = operation({
  name: "suppression.import",
  needs: ["list_entry_create"],
  on: "pod",
  kind: "write",
  fails: ["limit.exceeded"],
  check({ suppressions }: { readonly suppressions: readonly NewSuppression[] }): readonly SuppressionPlan[] {
    if (suppressions.length === 0 || suppressions.length > MAX_SUPPRESSIONS_AT_ONCE)
      throw invalid(
        ["suppressions"],
        says`${field("suppressions")} takes 1 to ${MAX_SUPPRESSIONS_AT_ONCE} addresses at once`,
      );
    return suppressions.map((one, index) =>
      planSuppression(one, ["suppressions", index], rowOf(one, index + 1, suppressions.length)),
    );
  },
  async run(context, plans): Promise<Imported> {
    const byAddress = new Map(plans.toReversed().map((plan) => [plan.address, plan]));
    const added = await add(context, [...byAddress.values()]);
    return { added: added.size, known: byAddress.size - added.size };
  },
});

/** Characters of an address that is refused which are told: it may be a line of something else. */
const SHOWN_LENGTH = 60;

const rowOf = ({ address }: NewSuppression, row: number, of: number): string =>
  `Row ${row} of ${of} (${JSON.stringify(address.slice(0, SHOWN_LENGTH))}): `;

/** @throws Failure limit.exceeded */
async function add(
  { tx, scope, now, newId, pod, ...context }: Targeted<"pod">,
  plans: readonly SuppressionPlan[],
): Promise<ReadonlySet<string>> {
  const podId = pod.id;
  const [, count] = await Promise.all([
    lockOwners(tx, scope, [{ podId, inboxId: null }]),
    countSuppressions(tx, scope, podId, MAX_SUPPRESSIONS + 1),
  ]);
  const { organizationId } = scope;
  const added = await insertSuppressions(
    tx,
    scope,
    plans.map((plan) => ({ ...plan, id: newId(), organizationId, podId, cause: "manual", createdAt: now })),
  );
  if (added.size > 0 && count + added.size > MAX_SUPPRESSIONS)
    throw fail("limit.exceeded", {
      message: "Suppression limit exceeded",
      hint: "Take off addresses that are no longer written to.",
      limit: { resource: "suppression", count: MAX_SUPPRESSIONS },
    });
  const [only] = plans;
  context.target(plans.length === 1 && only !== undefined ? only.address : podId);
  return added;
}
