/** Idempotent creates: the caller's own name for a thing points at the one thing made under it (contract 5.1). */

import { invalid } from "../failures.ts";
import { MAX_CLIENT_ID_LENGTH } from "../limits.ts";
import type { Context } from "../operation.ts";
import { type Claim, findClaim, insertClaim } from "./store.ts";

const clientIdPattern = /^[A-Za-z0-9\-._~]+$/;

/**
 * Claims a name before the thing is made.
 * @returns the id of the thing that already has the name, or null when the claim is ours.
 * @throws Failure input.invalid for a name outside `A-Z a-z 0-9 - . _ ~`, 1 to 256 characters.
 */
export async function claimClientId(context: Context, claim: Claim): Promise<string | null> {
  if (claim.clientId.length > MAX_CLIENT_ID_LENGTH || !clientIdPattern.test(claim.clientId))
    throw invalid(
      ["client_id"],
      "Invalid client_id",
      "Use 1 to 256 of the characters A-Z a-z 0-9 - . _ ~ (no @ or /).",
    );
  const { organizationId } = context.scope;
  if (await insertClaim(context.tx, context.scope, { ...claim, organizationId })) return null;
  const existing = await findClaim(context.tx, context.scope, claim);
  if (existing === null) throw invalid(["client_id"], "client_id is in use", "Choose another client_id.");
  return existing;
}
