/** What a key is told that lacks a permission: at the door, and in `run` where what is needed depends on what is stored. */
import type { Actor } from "./access/actor.ts";
import type { Permission } from "./access/permissions.ts";
import { type Failure, fail } from "./failures.ts";

/** @param says when it is needed, such as "when it names recipients"; null: always */
export function lacking(actor: Actor, permission: Permission, says: string | null): Failure {
  return fail("permission.missing", {
    message: says === null ? "Forbidden" : `${permission} is forbidden`,
    hint: actor.isUnverified
      ? `${permission} is not to be had before the organization is verified, with the code that its human was mailed.`
      : `Use a key that holds the ${permission} permission${says === null ? "" : `: it is needed ${says}`}.`,
    logDetail: `key ${actor.keyId ?? actor.name} lacks ${permission}`,
  });
}

/** @param says when it is needed. @throws Failure permission.missing */
export function requirePermission(actor: Actor, permission: Permission, says: string): void {
  if (!actor.may(permission)) throw lacking(actor, permission, says);
}
