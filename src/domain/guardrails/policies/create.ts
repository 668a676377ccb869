import { single } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import { type CreatePolicy, makePolicies, planPolicy } from "./make.ts";
import type { Policy } from "./policy.ts";

/** Makes a policy of the organization. It holds for no inbox before it is attached to a pod. */
export const createPolicy = operation({
  name: "policy.create",
  needs: ["guardrail_write"],
  on: "organization",
  kind: "write",
  fails: ["limit.exceeded"],
  check: (input: CreatePolicy, { installation }) => planPolicy(input, installation.limits),
  async run(context, plan): Promise<Policy> {
    const policy = single(await makePolicies(context, [plan]));
    context.target(policy.id);
    return policy;
  },
});
