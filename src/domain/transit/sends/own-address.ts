/** As whom an inbox may write. */
import { canonicalAddress } from "../../../protocols/address/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";

/**
 * Holds the author of a mail that was written elsewhere against its inbox. Not with a plus-tag: another inbox may have the whole address.
 * @param field where the address is, for the caller to read
 * @throws Failure scope.forbidden for an address that is not the inbox's
 */
export async function requireOwnAddress(
  { inbox }: InboxContext,
  field: string,
  address: string,
): Promise<void> {
  if (canonicalAddress(address) === inbox.address) return;
  throw fail("scope.forbidden", {
    message: `${field} must be ${inbox.address}`,
    hint: "An inbox sends under its own address alone.",
  });
}
