import { single } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import { type DescribedDomain, describe } from "./describe.ts";
import { makeDomains } from "./make.ts";
import { requireOperator } from "./operator.ts";

/**
 * Registers the installation's own domain with the operator's organization, so that its mail is signed and may leave; or gives back what
 * was registered before. @throws Failure permission.unrestricted_required
 */
export const registerOwnDomain = operation({
  name: "domain.register_own",
  needs: ["domain_create"],
  on: "organization",
  kind: "write",
  fails: ["permission.unrestricted_required", "limit.exceeded", "domain.taken"],
  check(_input: undefined, facts) {
    requireOperator(facts);
    return {
      clientId: null,
      name: facts.installation.domain,
      displayName: null,
      switches: {
        feedbackEnabled: true,
        subdomainsEnabled: false,
        trackingEnabled: false,
        inboundEnabled: true,
      },
    };
  },
  async run(context, plan): Promise<DescribedDomain> {
    const domain = single(await makeDomains(context, [{ scope: context.scope, plan }]));
    context.target(domain.domain);
    return describe(context, domain);
  },
});
