/** Whether a mail is believed to come from whom it names, by the verdicts of SPF, DKIM and DMARC (contract 9.5). */
import { domainToASCII } from "node:url";
import { plainDomain, type Verdicts } from "../../../protocols/authentication/verdicts.ts";

/**
 * A domain that has a DMARC policy says itself what counts. Of the others a pass of SPF or DKIM counts, while the other does not fail. What
 * was not found out in time does not count: else a sender whose name servers are slow would be believed.
 * @param sender the address that is shown as the author
 */
export function isAuthenticated(verdicts: Verdicts, sender: string | null): boolean {
  const { dmarc } = verdicts;
  // Two readers of one From that find different authors are what forgers look for.
  if (dmarc.domain !== domainOf(sender)) return false;
  if (dmarc.result === "pass") return true;
  const isDecided = dmarc.result === "none" || (dmarc.result === "fail" && dmarc.policy === "none");
  return isDecided && passesAlone(verdicts);
}

function passesAlone({ spf, dkim }: Verdicts): boolean {
  const isSigned = dkim.some(({ result }) => result === "pass");
  const isBroken = !isSigned && dkim.some(({ result }) => result === "fail");
  return (isSigned || spf.result === "pass") && !isBroken && spf.result !== "fail";
}

/** In A-labels and lower case. */
const domainOf = (address: string | null): string =>
  plainDomain(domainToASCII(address?.slice(address.lastIndexOf("@") + 1) ?? ""));
