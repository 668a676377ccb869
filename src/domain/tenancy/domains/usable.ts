import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { findUsableDomains } from "./store.ts";

/** The name itself and the names above it, without the top level: `a.b.example.com` has three. At most 126 (RFC 1035). */
function namesUpwards(name: string): string[] {
  const labels = name.split(".");
  return labels.slice(0, -1).map((_label, index) => labels.slice(index).join("."));
}

/**
 * Makes sure that inboxes of the context's pod (the Default Pod at organization level) may be made on `name`: it is a
 * verified domain of that pod or of the organization, or below one that allows subdomains. The nearest one decides.
 * A domain of somebody else is answered as one that nobody has.
 * @param name lower-case, valid
 * @throws Failure domain.not_verified, domain.subdomains_disabled
 */
export async function requireUsableDomain(
  context: Pick<Context, "tx" | "scope">,
  name: string,
): Promise<void> {
  const { tx, scope } = context;
  const [nearest] = await findUsableDomains(
    tx,
    scope,
    scope.podId ?? scope.organizationId,
    namesUpwards(name),
  );
  if (nearest === undefined)
    throw fail("domain.not_verified", {
      say: `${name} is not a verified domain of this pod`,
      fix: "Create the domain, publish its records and verify it; or leave domain out to use the installation's own.",
    });
  if (nearest.domain !== name && !nearest.subdomainsEnabled)
    throw fail("domain.subdomains_disabled", {
      say: `${nearest.domain} does not allow inboxes on its subdomains`,
      fix: says`Set ${field("subdomainsEnabled")} on ${nearest.domain}, or create ${name} as a domain of its own.`,
    });
  if (!nearest.verified)
    throw fail("domain.not_verified", {
      say: `${nearest.domain} is not verified`,
      fix: "Publish the records that the domain lists, then verify it.",
    });
}
