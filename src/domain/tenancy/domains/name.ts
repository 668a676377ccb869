/** Which names may be registered as a custom domain. */
import { getDomain } from "tldts";
import { isDomainName, isHeaderSafe } from "../../../protocols/address/index.ts";
import { type Failure, fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";

/**
 * The name in lower case.
 * @throws Failure input.invalid for what is no domain name, or one under which anybody may register (`com`, `co.uk`,
 * `github.io`); domain.taken for the installation's own domain and what is below it.
 */
export function checkDomainName(given: string, installationDomain: string): string {
  const name = given.toLowerCase();
  if (!isDomainName(name))
    throw invalid(
      ["domain"],
      "Invalid domain",
      "Give a domain name such as mail.example.com; write other scripts in their xn-- form.",
    );
  if (name === installationDomain || name.endsWith(`.${installationDomain}`)) throw taken();
  if (getDomain(name, { allowPrivateDomains: true }) === null)
    throw invalid(
      ["domain"],
      `${name} is a public suffix: domains below it have different registrants`,
      "Use your own domain, such as yours.example.",
    );
  return name;
}

/** What people call a domain. @throws Failure input.invalid */
export function checkName(name: string): string {
  if (name.length === 0 || name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
    throw invalid(["name"], says`${field("name")} must have 1 to ${MAX_NAME_LENGTH} characters on one line`);
  return name;
}

/** The one answer for every name that is not free: whose it is stays unsaid. */
export function taken(): Failure {
  return fail("domain.taken", {
    message: "Domain already exists",
    hint: "Use another domain, or one below it. If it is yours, delete it where it is registered first.",
  });
}
