/** As whom an inbox may write. */
import { canonicalAddress } from "../../../protocols/address/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { findAlias } from "../../tenancy/aliases/index.ts";

/**
 * Holds the author of a mail that was written elsewhere against its inbox and its aliases. Not with a plus-tag: another inbox may have the whole address.
 * @param field where the address is, for the caller to read
 * @throws Failure scope.forbidden for an address that is not the inbox's
 */
export async function requireOwnAddress(
  { tx, scope, inbox }: InboxContext,
  field: string,
  address: string,
): Promise<void> {
  const own = canonicalAddress(address);
  if (own === inbox.address) return;
  const alias = await findAlias(tx, scope, inbox, own);
  if (alias?.isCatchAll === false) return;
  throw fail("scope.forbidden", {
    message: `${field} must be ${inbox.address} or an alias of it`,
    hint: "An inbox sends under its own addresses alone.",
  });
}
