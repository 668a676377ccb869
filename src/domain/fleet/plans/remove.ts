/** Tenants on their way out: suspended first, with their mail kept; deleted when their grace is over, or at once. */

import type { Outcome } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { deletePods, type Pod, suspendPods } from "../../tenancy/pods/index.ts";
import { type Change, changeOf } from "../differences/index.ts";
import type { TenantFailure } from "./carry-tenants.ts";
import { deleteMarks } from "./mark-store.ts";
import type { Leaving } from "./removal-store.ts";

export interface Removal {
  readonly leaving: Leaving;
  readonly podId: string;
  readonly change: Change;
}

/** What removing tenants comes to; nothing for those that are gone, or suspended already. */
export const removalsOf = (leaving: readonly Leaving[], atOnce: boolean, why: string): Removal[] =>
  leaving.flatMap((one): Removal[] => {
    const { slug, podId, suspendedAt } = one;
    if (podId === null || (suspendedAt !== null && !atOnce)) return [];
    const change = changeOf({
      action: atOnce ? "delete" : "suspend",
      kind: "pod",
      tenant: slug,
      name: slug,
      objectId: podId,
      cause: "removed",
      why,
    });
    return [{ leaving: one, podId, change }];
  });

const DAY_MS = 24 * 3_600_000;

/** Removes tenants, and forgets those that are gone. A batch at most. */
export async function carryOutRemovals(
  context: Context,
  leaving: readonly Leaving[],
  removals: readonly Removal[],
  { atOnce, graceDays }: { readonly atOnce: boolean; readonly graceDays: number },
): Promise<{ readonly applied: readonly Change[]; readonly failures: readonly TenantFailure[] }> {
  const { tx, scope, now } = context;
  const ids = removals.map(({ podId }) => podId);
  const outcomes: readonly Outcome<Pod>[] =
    ids.length === 0
      ? []
      : atOnce
        ? await deletePods(context, ids)
        : await suspendPods(context, ids, new Date(now.getTime() + graceDays * DAY_MS));
  const failures: TenantFailure[] = [];
  const applied: Removal[] = [];
  for (const [index, removal] of removals.entries()) {
    const outcome = outcomes[index];
    if (outcome?.kind === "failed")
      failures.push({ slug: removal.leaving.slug, change: removal.change, failure: outcome.failure });
    else applied.push(removal);
  }
  const gone = [
    ...leaving.filter(({ podId }) => podId === null),
    ...(atOnce ? applied.map(({ leaving: one }) => one) : []),
  ];
  await deleteMarks(
    tx,
    scope,
    gone.map(({ slug }) => slug),
  );
  return { applied: applied.map(({ change }) => change), failures };
}
