import { isUuid } from "../../../lib/uuid.ts";
import { fail } from "../../door/failures.ts";
import type { Domain } from "./domain.ts";

/** A domain by its name in any case, or by its id. */
export type NamedDomain = { readonly domain: string } | { readonly domainId: string };

/** What a store looks for: a name in lower case, or a UUID. */
export type DomainLook = { readonly column: "domain" | "id"; readonly value: string };

/** What `look` finds of a domain. Absent and foreign look the same. @throws Failure object.not_found */
export async function required(
  named: NamedDomain,
  look: (wanted: DomainLook) => Promise<Domain | null>,
): Promise<Domain> {
  const wanted = lookOf(named);
  const found = wanted === null ? null : await look(wanted);
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
