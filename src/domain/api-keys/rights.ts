/** A child key never exceeds its maker (contract 2.4). */
import { type Actor, exceeds, type PermissionSet, type ScopeLevel } from "../access/index.ts";
import { fail } from "../failures.ts";

/** @throws Failure permission.escalation, permission.unrestricted_required */
export function checkRights(actor: Actor, level: ScopeLevel, wanted: PermissionSet | null): void {
  if (wanted === null) {
    if (actor.permissions === null) return;
    throw fail("permission.unrestricted_required", {
      say: "Only an unrestricted key may do this",
      fix: "Give permissions that this key itself holds, or use an unrestricted key.",
    });
  }
  const excess = exceeds(level, actor.permissions, wanted);
  if (excess !== null)
    throw fail("permission.escalation", { say: `A key cannot grant ${excess}, which it does not hold`, fix: `Leave out ${excess}, or use a key that holds it.` });
}
