import { isUuid } from "../../../lib/uuid.ts";
import { bumpGuardrails } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import { checkFields, checkPolicyName, type PolicyFields } from "./check.ts";
import { effectiveLimits } from "./effective.ts";
import { noPolicy } from "./get.ts";
import { withFields } from "./make.ts";
import type { Policy } from "./policy.ts";
import { lockPolicy, savePolicy } from "./store.ts";

export interface UpdatePolicy extends PolicyFields {
  readonly id: string;
  readonly name?: string;
}

/**
 * Changes what is given of a policy: of `limits` and `spamDetection` each key for itself. Holds with the next message of every inbox
 * that has the policy, in every process.
 */
export const updatePolicy = operation({
  name: "policy.update",
  needs: ["guardrail_write"],
  on: "organization",
  kind: "write",
  fails: ["object.not_found", "limit.exceeded"],
  check: ({ id, name, ...fields }: UpdatePolicy, { installation }) => ({
    id,
    name: name === undefined ? undefined : checkPolicyName(name),
    fields: checkFields(fields, installation.limits),
  }),
  async run(context, { id, name, fields }): Promise<Policy> {
    const changed = await changePolicy(context, id, fields, name);
    context.target(changed.id);
    return changed;
  },
});

/** @param fields as `checkFields` lets them through. @throws Failure object.not_found, input.invalid */
export async function changePolicy(
  context: Context,
  id: string,
  fields: PolicyFields,
  name?: string,
): Promise<Policy> {
  const { tx, scope, now } = context;
  const maxima = context.installation.limits;
  const before = isUuid(id) ? await lockPolicy(tx, scope, id, maxima) : null;
  if (before === null) throw noPolicy();
  const changes = withFields(before, fields);
  const changed = {
    ...before,
    ...changes,
    name: name ?? before.name,
    limits: effectiveLimits(changes.set, maxima),
    updatedAt: now,
  };
  tx.beforeCommit(savePolicy(tx, scope, changed), bumpGuardrails(tx, scope, null));
  return changed;
}
