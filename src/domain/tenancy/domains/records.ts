/** DNS records that a domain's owner has to publish (contract 13.1). Pure: the same domain gives the same records. */
import { dkimRecordValue } from "../../../protocols/dkim/index.ts";
import { recordKey } from "../../../protocols/dns/record-key.ts";
import type { RecordCheck, RecordReason, RecordRole, RecordStatus } from "./checks.ts";
import type { DkimKeyState, PublishedKey } from "./dkim-key.ts";
import type { Domain } from "./domain.ts";

export interface VerificationRecord {
  readonly role: RecordRole;
  readonly type: "TXT" | "CNAME" | "MX";
  /** Fully qualified, without the trailing dot. */
  readonly name: string;
  readonly value: string;
  /** MISSING until it was looked up: a record that was never seen is not there as far as we know. */
  readonly status: RecordStatus;
  readonly reason: RecordReason | null;
  /** MX only. */
  readonly priority?: number;
  /** False: the domain is verified without it, such as a key that does not sign yet, or signs no more. */
  readonly isRequired: boolean;
  readonly check: RecordCheck | null;
  /** Of the key that a DKIM record publishes; null for others. */
  readonly keyState: DkimKeyState | null;
}

/** Preference of every MX record: there is one host, so it only has to be the same everywhere. */
const MX_PRIORITY = 10;

/** Label of the return-path's host (contract 13.1), below the domain so that the domain's own SPF record is left to its owner. */
const RETURN_PATH_LABEL = "mail";

/** Host of the envelope sender of mail from a domain, where its bounces go (RFC 5321 section 4.4). */
export const returnPathHost = (domain: string): string => `${RETURN_PATH_LABEL}.${domain}`;

type Described = Pick<
  Domain,
  "domain" | "subdomainsEnabled" | "trackingEnabled" | "inboundEnabled" | "checks"
>;

/** The records of `domain` with what was found of each, all pointing at `mailHost`. */
export function recordsOf(
  { domain: name, checks, ...switches }: Described,
  keys: readonly PublishedKey[],
  mailHost: string,
): VerificationRecord[] {
  const known = new Map(checks.map((check) => [check.record, check]));
  const checked = (
    record: Pick<VerificationRecord, "role" | "type" | "name" | "value" | "priority">,
    keyState: DkimKeyState | null = null,
  ): VerificationRecord => {
    const check = known.get(recordKey(record)) ?? null;
    return {
      ...record,
      isRequired: keyState === null || keyState === "active",
      keyState,
      check,
      status: check?.status ?? "MISSING",
      reason: check?.reason ?? null,
    };
  };
  const mx = (role: RecordRole, at: string) =>
    checked({ role, type: "MX", name: at, value: mailHost, priority: MX_PRIORITY });
  const below = returnPathHost(name);
  return [
    ...keys.map((key) => checked(dkimRecord(name, key), key.state)),
    // RFC 7208: the identity that SPF checks is the envelope sender's.
    checked({ role: "spf", type: "TXT", name: below, value: `v=spf1 a:${mailHost} -all` }),
    checked({ role: "dmarc", type: "TXT", name: `_dmarc.${name}`, value: "v=DMARC1; p=reject" }),
    ...(switches.inboundEnabled ? [mx("mx", name)] : []),
    // Bounces come back also to a domain that only sends.
    mx("return-path", below),
    ...(switches.subdomainsEnabled && switches.inboundEnabled ? [mx("wildcard", `*.${name}`)] : []),
    ...(switches.trackingEnabled
      ? [checked({ role: "tracking", type: "CNAME", name: `link.${name}`, value: mailHost })]
      : []),
  ];
}

/** The record that publishes a key of a domain. */
export const dkimRecord = (domain: string, { selector, algorithm, publicKey }: PublishedKey) =>
  ({
    role: "dkim",
    type: "TXT",
    name: `${selector}._domainkey.${domain}`,
    value: dkimRecordValue(algorithm, publicKey),
  }) as const;
