/** Idempotent creates: the caller's own name for a thing points at the one thing made under it (contract 5.1). */

import type { Context } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_CLIENT_ID_LENGTH } from "../../limits.ts";
import { type Claim, deleteClaim, insertClaim, lockClaim } from "./store.ts";

const clientIdPattern = /^[A-Za-z0-9\-._~]+$/;

/** Tries at a name that others free and take at the same moment. One is lost to each of them. */
const CLAIM_ATTEMPTS = 8;

/** @throws Failure input.invalid for a name outside `A-Z a-z 0-9 - . _ ~`, 1 to 256 characters */
export function checkClientId(clientId: string | undefined): string | null {
  if (clientId === undefined) return null;
  if (clientId.length > MAX_CLIENT_ID_LENGTH || !clientIdPattern.test(clientId))
    throw invalid(
      ["clientId"],
      says`Invalid ${field("clientId")}`,
      "Use 1 to 256 of the characters A-Z a-z 0-9 - . _ ~ (no @ or /).",
    );
  return clientId;
}

/**
 * Finds what was made under a name before, or claims the name for what is about to be made. The name of a thing that
 * is gone is free. Comes before anything else that the caller sent counts: of a repeated create only the name does.
 * @param find the thing by its id; null when it is gone, or was moved out of the scope
 * @returns what has the name already, or null when the claim is ours
 */
export async function claimClientId<Thing>(
  { tx, scope }: Context,
  claim: Claim,
  find: (id: string) => Promise<Thing | null>,
): Promise<Thing | null> {
  const { organizationId } = scope;
  for (let attempt = 0; attempt < CLAIM_ATTEMPTS; attempt++) {
    if (await insertClaim(tx, scope, { ...claim, organizationId })) return null;
    // Held until the end, so that what is found is still there when the caller is told of it.
    const holder = await lockClaim(tx, scope, claim);
    if (holder === null) continue;
    const thing = await find(holder);
    if (thing !== null) return thing;
    await deleteClaim(tx, scope, holder);
  }
  throw fail("service.unavailable", {
    say: says`The ${field("clientId")} is being freed and taken by others`,
    fix: "Try again.",
  });
}
