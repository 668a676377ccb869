/** When a key dies by itself; see docs/decisions/0037-offboarding.md. */
import type { Actor } from "../../door/access/index.ts";
import { fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";

/**
 * Makes sure that a key which `actor` makes does not outlive its own. @param wanted null: as long as that
 * @throws Failure input.invalid for a moment that is over, permission.escalation
 */
export function checkExpiry(actor: Actor, wanted: Date | null, now: Date): void {
  if (wanted === null) return;
  if (wanted <= now) throw invalid(["expiresAt"], says`${field("expiresAt")} must be in the future`);
  if (actor.expiresAt !== null && wanted > actor.expiresAt)
    throw fail("permission.escalation", {
      message: "A key cannot make one that expires after itself",
      hint: `This key expires at ${actor.expiresAt.toISOString()}. Give that or an earlier time, or use a key that lives longer.`,
    });
}
