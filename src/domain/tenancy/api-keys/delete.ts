import { operation } from "../../door/operation.ts";
import { deleteClaim } from "../client-ids/index.ts";
import { type KeyReference, requireKeyToChange } from "./get.ts";
import { checkRights, levelOf } from "./rights.ts";
import { deleteKeyRow } from "./store.ts";

/** Revokes a key. Every process forgets it as soon as this commits. A restricted key cannot revoke a wider one. */
export const deleteApiKey = operation({
  name: "api_key.delete",
  needs: ["api_key_delete"],
  on: "any",
  kind: "write",
  fails: ["object.not_found", "permission.escalation", "permission.unrestricted_required"],
  async run(context, input: KeyReference): Promise<void> {
    const key = await requireKeyToChange(context, input);
    context.target(key.id);
    checkRights(context.actor, levelOf(key), key.permissions);
    await deleteKeyRow(context.tx, context.scope, key.id);
    if (key.clientId !== null) await deleteClaim(context.tx, context.scope, key.id);
    context.keysChanged(key.id);
  },
});
