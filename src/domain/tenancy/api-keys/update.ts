import type { PermissionSet } from "../../door/access/index.ts";
import { operation } from "../../door/operation.ts";
import type { ApiKey } from "./api-key.ts";
import { type KeyReference, requireKeyToChange } from "./get.ts";
import { checkKeyName } from "./make.ts";
import { checkPermissionNames, checkRights, levelOf } from "./rights.ts";
import { updateKeyRow } from "./store.ts";

export interface UpdateApiKey extends KeyReference {
  readonly name?: string;
  /** Replaces all flags; null lifts every restriction. */
  readonly permissions?: PermissionSet | null;
}

/** Changes a key's name or permissions. A restricted key can neither widen a key nor touch a wider one. */
export const updateApiKey = operation({
  name: "api_key.update",
  needs: ["api_key_update"],
  on: "any",
  kind: "write",
  fails: ["object.not_found", "permission.escalation", "permission.unrestricted_required"],
  check(input: UpdateApiKey): UpdateApiKey {
    if (input.name !== undefined) checkKeyName(input.name);
    checkPermissionNames(input.permissions ?? null);
    return input;
  },
  async run(context, input): Promise<ApiKey> {
    const key = await requireKeyToChange(context, input);
    context.target(key.id);
    checkRights(context.actor, levelOf(key), key.permissions);
    const permissions = input.permissions === undefined ? key.permissions : input.permissions;
    checkRights(context.actor, levelOf(key), permissions);
    const changed = {
      ...key,
      name: input.name ?? key.name,
      permissions,
      updatedAt: context.now,
    };
    await updateKeyRow(context.tx, context.scope, changed);
    context.keysChanged(key.id);
    return changed;
  },
});
