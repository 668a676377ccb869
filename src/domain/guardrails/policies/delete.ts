import { isUuid } from "../../../lib/uuid.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { noPolicy } from "./get.ts";
import { MAX_NAMED_PODS } from "./limits.ts";
import { deletePolicyRow, findPodsWith, lockPolicy } from "./store.ts";

/** Deletes a policy that no pod has. */
export const deletePolicy = operation({
  name: "policy.delete",
  needs: ["guardrail_write"],
  on: "organization",
  kind: "write",
  fails: ["object.not_found", "object.in_use"],
  async run(context, { id }: { readonly id: string }): Promise<void> {
    const { tx, scope, installation } = context;
    // Whoever attaches it meanwhile waits for this transaction, and then finds it gone.
    const policy = isUuid(id) ? await lockPolicy(tx, scope, id, installation.limits) : null;
    if (policy === null) throw noPolicy();
    context.target(policy.id);
    const pods = await findPodsWith(tx, scope, policy.id, MAX_NAMED_PODS + 1);
    if (pods.length > 0) throw inUse(pods);
    await deletePolicyRow(tx, scope, policy.id);
  },
});

function inUse(pods: readonly { readonly id: string; readonly name: string }[]): Error {
  const named = pods.slice(0, MAX_NAMED_PODS).map(({ id, name }) => `${name} (${id})`);
  const more = pods.length > MAX_NAMED_PODS ? " and others" : "";
  return fail("object.in_use", {
    message: `The policy is attached to ${named.join(", ")}${more}`,
    hint: "Attach another policy there, or none, and delete this one then.",
  });
}
