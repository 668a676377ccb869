import { single } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import { type ApiKeyPlan, type CreateApiKey, type MintedKey, makeApiKeys, planApiKey } from "./make.ts";
import { type PublicKeyPlan, planPublicKey, type RegisterPublicKey, registerPublicKey } from "./register.ts";

/**
 * Makes a key for the target: an inbox, a pod, or all that the caller's own key reaches; never more than that, and
 * never with a permission that the caller's key lacks. The secret is in the result and nowhere else. With a public key it
 * registers that instead. Fails with input.invalid, permission.escalation, permission.unrestricted_required and object.conflict.
 */
export const createApiKey = operation({
  name: "api_key.create",
  needs: ["api_key_create"],
  on: "any",
  kind: "write",
  fails: ["permission.escalation", "permission.unrestricted_required", "object.conflict"],
  check: (input: CreateApiKey | RegisterPublicKey): ApiKeyPlan | PublicKeyPlan =>
    "publicKey" in input ? planPublicKey(input) : planApiKey(input),
  async run(context, plan): Promise<MintedKey> {
    if ("publicKey" in plan) {
      const key = await registerPublicKey(context, plan);
      context.target(key.id);
      return { key, secret: "" };
    }
    const minted = single(await makeApiKeys(context, [{ scope: context.scope, plan }]));
    context.target(minted.key.id);
    return minted;
  },
});
