/** As whom an inbox may write. */
import { canonicalAddress } from "../../../protocols/address/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { findAlias } from "../../tenancy/aliases/index.ts";

/** Whether an inbox may write as this address: its own, or an alias of it that is no catch-all. @param address lower-case */
export async function isOwnAddress({ tx, scope, inbox }: InboxContext, address: string): Promise<boolean> {
  if (address === inbox.address) return true;
  const alias = await findAlias(tx, scope, inbox, address);
  return alias?.isCatchAll === false;
}

/**
 * Holds the authors of a mail that was written elsewhere against its inbox and its aliases. Not with a plus-tag: another inbox may have the whole address.
 * @param named addresses, each behind where it is, for the caller to read; one that is there twice is looked for once
 * @throws Failure scope.forbidden for an address that is not the inbox's
 */
export async function requireOwnAddresses(
  context: InboxContext,
  named: readonly (readonly [field: string, address: string])[],
): Promise<void> {
  const own = new Set<string>();
  for (const [field, written] of named) {
    const address = canonicalAddress(written);
    if (own.has(address)) continue;
    if (!(await isOwnAddress(context, address)))
      throw fail("scope.forbidden", {
        message: `${field} must be ${context.inbox.address} or an alias of it`,
        hint: "An inbox sends under its own addresses alone.",
      });
    own.add(address);
  }
}
