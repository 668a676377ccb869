import { single } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import { type DescribedDomain, describe } from "./describe.ts";
import { type CreateDomain, makeDomains, planDomain } from "./make.ts";

/**
 * Registers a domain for the target pod, or for the whole organization when the caller names no pod and is not held
 * to one. A name that another has verified is refused with domain.taken, and so is, for the whole organization, one that a
 * pod of it has, verified or not; what others only claim is free. Fails with limit.exceeded when too many wait to be
 * verified.
 *
 * Idempotent twice over. A `clientId` that was used before gives back the domain made then. So does the same name in
 * the same owner (same pod, or organization level), unchanged, even with other flags: the official client cannot send
 * a client_id here, and an onboarding that is run again must change nothing.
 */
export const createDomain = operation({
  name: "domain.create",
  needs: ["domain_create"],
  on: "any",
  kind: "write",
  fails: ["domain.taken", "limit.exceeded"],
  check: (input: CreateDomain, { installation }) => planDomain(input, installation),
  async run(context, plan): Promise<DescribedDomain> {
    const domain = single(await makeDomains(context, [{ scope: context.scope, plan }]));
    context.target(domain.domain);
    return describe(context, domain);
  },
});
