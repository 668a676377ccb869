import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { type Change, findPodsBySlug } from "../differences/index.ts";
import { FLEET_GRACE_DAYS, MAX_FLEET_SLUGS } from "../limits.ts";
import type { TenantFailure } from "./carry-tenants.ts";
import { lockFleet } from "./plan-store.ts";
import type { Leaving } from "./removal-store.ts";
import { carryOutRemovals, removalsOf } from "./remove.ts";

export interface OffboardTenants {
  /** Slugs, 1 to MAX_FLEET_SLUGS. */
  readonly tenants: readonly string[];
  /** FLEET_GRACE_DAYS when absent. */
  readonly graceDays?: number;
  /** Delete them at once. */
  readonly now: boolean;
}

export interface Offboarded {
  readonly applied: readonly Change[];
  readonly failures: readonly TenantFailure[];
  /** Those that were on their way out already. */
  readonly unchanged: number;
}

/** Removes tenants, whether the fleet made them or not: from the next request and the next RCPT on, in every process. */
export const offboardTenants = operation({
  name: "fleet.offboard",
  needs: ["pod_read", "pod_update", "pod_delete", "inbox_delete"],
  on: "organization",
  kind: "upkeep",
  isLong: true,
  check(input: OffboardTenants): OffboardTenants {
    const { length } = input.tenants;
    if (length === 0 || length > MAX_FLEET_SLUGS)
      throw invalid(["tenants"], says`${field("tenants")} must have 1 to ${MAX_FLEET_SLUGS} slugs`);
    return { ...input, tenants: [...new Set(input.tenants)] };
  },
  async run(context, { tenants, graceDays = FLEET_GRACE_DAYS, now: atOnce }): Promise<Offboarded> {
    const { tx, scope } = context;
    await lockFleet(tx, scope);
    const pods = new Map((await findPodsBySlug(tx, scope, tenants)).map((pod) => [pod.slug, pod]));
    const leaving = tenants.flatMap((slug): Leaving[] => {
      const pod = pods.get(slug);
      return pod === undefined
        ? []
        : [{ slug, podId: pod.id, suspendedAt: pod.suspendedAt, deleteAfter: pod.deleteAfter }];
    });
    const removals = removalsOf(leaving, atOnce, "it was asked for");
    const { applied, failures } = await carryOutRemovals(context, leaving, removals, { atOnce, graceDays });
    const absent = tenants
      .filter((slug) => !pods.has(slug))
      .map((slug): TenantFailure => ({ slug, change: null, failure: noTenant(slug) }));
    return {
      applied,
      failures: [...failures, ...absent],
      unchanged: leaving.length - removals.length,
    };
  },
});

const noTenant = (slug: string) =>
  fail("object.not_found", {
    message: `There is no tenant ${slug}`,
    hint: "The inventory of the fleet lists the slugs.",
  });
