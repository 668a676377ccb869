/** The operator vouches for a domain, for closed networks and development, where its records cannot be looked up. */
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { checkJob, FIRST_CHECK_MS } from "./check-schedule.ts";
import { type DescribedDomain, describe } from "./describe.ts";
import { type NamedDomain, requireDomainToChange } from "./find.ts";
import { requireOperator } from "./operator.ts";
import { isNameFree, updateDomainRow } from "./store.ts";
import { check } from "./verify.ts";

export type TrustDomain = NamedDomain & {
  /** False takes it back: the domain is what its records say, which are looked up at once. */
  readonly trusted: boolean;
};

/**
 * Makes a domain verified, whatever its records say, or takes that back. For the operator of the installation, by an unrestricted key
 * of his organization.
 * @throws Failure permission.unrestricted_required; object.not_found; domain.taken when somebody else has the name verified
 */
export const trustDomain = operation({
  name: "domain.trust",
  needs: ["domain_update"],
  on: "organization",
  kind: "write",
  fails: ["object.not_found", "permission.unrestricted_required", "domain.taken"],
  check(input: TrustDomain, facts) {
    requireOperator(facts);
    return input;
  },
  async run(context, { trusted, ...named }): Promise<DescribedDomain> {
    const { tx, scope, now } = context;
    const found = await requireDomainToChange(context, named);
    if ((found.trustedAt !== null) === trusted) return describe(context, found);
    if (trusted && !(await isNameFree(tx, scope, found)))
      throw fail("domain.taken", {
        message: `${found.domain} is verified by another tenant of this server`,
        hint: "Delete it there first.",
      });
    const fresh = { ...found, failedChecks: 0, failingSince: null, updatedAt: now };
    // One whose records are right goes on sending.
    if (!trusted) return check(context, { ...fresh, status: "NOT_STARTED", trustedAt: null }, found);
    const nextCheckAt = new Date(now.getTime() + FIRST_CHECK_MS);
    const changed = { ...fresh, status: "VERIFIED", trustedAt: now, nextCheckAt } as const;
    await updateDomainRow(tx, scope, changed);
    context.enqueue(checkJob(changed, FIRST_CHECK_MS));
    const seen = await describe(context, changed);
    if (found.status !== "VERIFIED") announceTrusted(context, seen);
    return seen;
  },
});

function announceTrusted(context: Context, seen: DescribedDomain): void {
  const { organizationId, podId } = seen.domain;
  context.emit({
    ...{ type: "domain.verified", podId: podId ?? organizationId, inboxId: null, messageUuid: null },
    data: { ...seen },
  });
}
