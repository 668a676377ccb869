import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import type { Domain } from "./domain.ts";
import { type DomainLook, findDomain, lockDomain } from "./store.ts";

/** A domain by its name in any case, or by its id. */
export type NamedDomain = { readonly domain: string } | { readonly domainId: string };

/** The domain to read. Absent and foreign look the same. @throws Failure object.not_found */
export const requireDomain = (context: Context, named: NamedDomain): Promise<Domain> =>
  required(findDomain, context, named);

/**
 * The domain to change, which is the operation's target: others' changes of it then wait for this transaction.
 * @throws Failure object.not_found
 */
export async function requireDomainToChange(context: Context, named: NamedDomain): Promise<Domain> {
  const found = await required(lockDomain, context, named);
  context.target(found.domain);
  return found;
}

async function required(
  look: typeof findDomain,
  { tx, scope }: Context,
  named: NamedDomain,
): Promise<Domain> {
  const wanted = lookOf(named);
  const found = wanted === null ? null : await look(tx, scope, wanted);
  if (found === null)
    throw fail("object.not_found", {
      message: "Domain not found",
      hint: "List domains to see those in the key's scope.",
    });
  return found;
}

function lookOf(named: NamedDomain): DomainLook | null {
  if ("domain" in named) return { column: "domain", value: named.domain.toLowerCase() };
  return isUuid(named.domainId) ? { column: "id", value: named.domainId } : null;
}
