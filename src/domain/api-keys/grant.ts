/** What one key may give to another: never more than it holds itself (contract 2.4, 2.5). */
import { type Actor, exceeds, type PermissionSet, permissions, type ScopeLevel } from "../access/index.ts";
import { fail, invalid } from "../failures.ts";
import { MAX_PERMISSION_FLAGS, MAX_PERMISSION_NAME_LENGTH } from "../limits.ts";

/**
 * Makes sure `actor` holds all of what it wants another key to have; null is "everything the scope allows".
 * @throws Failure permission.unrestricted_required, permission.escalation
 */
export function requireHeld(actor: Actor, wanted: PermissionSet | null): void {
  if (wanted === null) {
    if (actor.permissions === null) return;
    throw fail("permission.unrestricted_required", {
      say: "Forbidden: this needs a key without restrictions",
      fix: "Name the permissions of the key, none beyond your own key's; or use a key that has no permissions object.",
    });
  }
  const missing = exceeds(actor.scope.level, actor.permissions, wanted);
  if (missing === null) return;
  throw fail("permission.escalation", {
    say: `Forbidden: ${missing} is more than your own key holds`,
    fix: `Leave out ${missing}, or use a key that holds it.`,
  });
}

/**
 * The flags to store for a key of `level`. A flag that no key of this level can hold becomes false, so that the key
 * reads back as what it can do. Unknown names are kept as given.
 * @throws Failure input.invalid for more or longer names than the product keeps.
 */
export function checkFlags(level: ScopeLevel, wanted: PermissionSet | null): PermissionSet | null {
  if (wanted === null) return null;
  const names = Object.keys(wanted);
  if (names.length > MAX_PERMISSION_FLAGS)
    throw invalid(["permissions"], `permissions must have at most ${MAX_PERMISSION_FLAGS} flags`);
  const long = names.find((name) => name.length > MAX_PERMISSION_NAME_LENGTH);
  if (long !== undefined)
    throw invalid(["permissions", long], `the name of a permission has at most ${MAX_PERMISSION_NAME_LENGTH} characters`);
  const known = permissions.map((name) => [name, wanted[name] === true && exceeds(level, null, { [name]: true }) === null]);
  return { ...wanted, ...Object.fromEntries(known) };
}
