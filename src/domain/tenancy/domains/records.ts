/** DNS records that a domain's owner has to publish (contract 13.1). Pure: the same domain gives the same records. */
import { dkimRecordValue } from "../../../protocols/dkim/key-pair.ts";
import type { Domain, DomainStatus } from "./domain.ts";

export interface VerificationRecord {
  readonly type: "TXT" | "CNAME" | "MX";
  /** Fully qualified, without the trailing dot. */
  readonly name: string;
  readonly value: string;
  readonly status: "MISSING" | "INVALID" | "VALID";
  /** MX only. */
  readonly priority?: number;
}

/** Preference of every MX record: there is one host, so it only has to be the same everywhere. */
const MX_PRIORITY = 10;

type Described = Pick<
  Domain,
  "domain" | "dkimSelector" | "dkimPublicKey" | "subdomainsEnabled" | "trackingEnabled" | "status"
>;

/**
 * The records of `domain`, all pointing at `mailHost`. Until the domain is VERIFIED each is MISSING: nothing has been
 * looked up, and a record that was never seen is not there as far as we know.
 */
export function recordsOf(domain: Described, mailHost: string): VerificationRecord[] {
  const { domain: name } = domain;
  const status = recordStatus(domain.status);
  const txt = (at: string, value: string): VerificationRecord => ({ type: "TXT", name: at, value, status });
  const mx = (at: string): VerificationRecord => ({
    type: "MX",
    name: at,
    value: mailHost,
    status,
    priority: MX_PRIORITY,
  });
  return [
    txt(`${domain.dkimSelector}._domainkey.${name}`, dkimRecordValue(domain.dkimPublicKey)),
    // RFC 7208: the envelope sender is below the domain, so the domain's own SPF record is left to its owner.
    txt(`mail.${name}`, `v=spf1 a:${mailHost} -all`),
    txt(`_dmarc.${name}`, "v=DMARC1; p=reject"),
    mx(name),
    mx(`mail.${name}`),
    ...(domain.subdomainsEnabled ? [mx(`*.${name}`)] : []),
    ...(domain.trackingEnabled
      ? [{ type: "CNAME", name: `link.${name}`, value: mailHost, status } as const]
      : []),
  ];
}

function recordStatus(status: DomainStatus): VerificationRecord["status"] {
  return status === "VERIFIED" ? "VALID" : "MISSING";
}
