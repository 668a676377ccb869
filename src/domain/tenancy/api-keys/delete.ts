import { operation } from "../../door/operation.ts";
import { type KeyReference, requireKeyToChange } from "./get.ts";
import { deleteKeyRow } from "./store.ts";

/** Revokes a key. Every process forgets it as soon as this commits. */
export const deleteApiKey = operation({
  name: "api_key.delete",
  needs: "api_key_delete",
  on: "any",
  kind: "write",
  async run(context, input: KeyReference): Promise<void> {
    const key = await requireKeyToChange(context, input);
    context.target(key.id);
    await deleteKeyRow(context.tx, context.scope, key.id);
    context.keysChanged(key.id);
  },
});
