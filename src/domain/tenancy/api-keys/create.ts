import { single } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import { type CreateApiKey, type MintedKey, makeApiKeys, planApiKey } from "./make.ts";

/**
 * Makes a key for the target: an inbox, a pod, or all that the caller's own key reaches; never more than that, and
 * never with a permission that the caller's key lacks. The secret is in the result and nowhere else. Fails with
 * input.invalid, permission.escalation and permission.unrestricted_required.
 */
export const createApiKey = operation({
  name: "api_key.create",
  needs: ["api_key_create"],
  on: "any",
  kind: "write",
  fails: ["permission.escalation", "permission.unrestricted_required"],
  check: (input: CreateApiKey) => planApiKey(input),
  async run(context, plan): Promise<MintedKey> {
    const minted = single(await makeApiKeys(context, [{ scope: context.scope, plan }]));
    context.target(minted.key.id);
    return minted;
  },
});
