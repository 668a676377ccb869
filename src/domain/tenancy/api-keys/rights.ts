/** A child key never exceeds its maker (contract 2.4). */
import {
  type Actor,
  contradictionIn,
  exceeds,
  olderNames,
  outOfReach,
  type PermissionSet,
  type ScopeLevel,
} from "../../door/access/index.ts";
import { fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import type { ApiKey } from "./api-key.ts";
import { MAX_PERMISSION_FLAGS, MAX_PERMISSION_NAME_LENGTH } from "./limits.ts";

/**
 * Makes sure that `actor` holds all that a key of `level` has or shall have (null: everything its scope allows), and
 * that such a key can hold it at all.
 * @throws Failure permission.escalation, permission.unrestricted_required
 */
export function checkRights(actor: Actor, level: ScopeLevel, wanted: PermissionSet | null): void {
  if (wanted === null) {
    if (actor.permissions === null) return;
    throw fail("permission.unrestricted_required", {
      message: "Only an unrestricted key may do this",
      hint: "Give permissions that this key itself holds, or use an unrestricted key.",
    });
  }
  const excess = exceeds(actor.scope.level, actor.permissions, wanted) ?? outOfReach(level, wanted);
  if (excess !== null)
    throw fail("permission.escalation", {
      message: `A key cannot grant ${excess}, which it does not hold or which no key of this scope can hold`,
      hint: `Leave out ${excess}, or use a key that holds it, at a scope that has it.`,
    });
}

/** The level of a key's scope. */
export function levelOf(key: ApiKey): ScopeLevel {
  if (key.inboxId !== null) return "inbox";
  return key.podId === null ? "organization" : "pod";
}

/**
 * Names the product does not know are kept (contract 2.5), so their number and length need a bound.
 * @throws Failure input.invalid, also for a permission that is granted by one of its names and denied by the other
 */
export function checkPermissionNames(wanted: PermissionSet | null): PermissionSet | null {
  if (wanted === null) return null;
  const names = Object.keys(wanted);
  if (names.length > MAX_PERMISSION_FLAGS)
    throw invalid(
      ["permissions"],
      says`${field("permissions")} must have at most ${MAX_PERMISSION_FLAGS} flags`,
    );
  if (names.some((name) => name.length > MAX_PERMISSION_NAME_LENGTH))
    throw invalid(
      ["permissions"],
      `the name of a permission has at most ${MAX_PERMISSION_NAME_LENGTH} characters`,
    );
  const contradiction = contradictionIn(wanted);
  if (contradiction !== null)
    throw invalid(
      ["permissions"],
      `${contradiction} and ${olderNames[contradiction]} are one permission, and must be the same`,
    );
  return wanted;
}
