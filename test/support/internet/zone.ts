/** What the name server of the test internet knows, as data that a test writes and changes. */

/** What becomes of a question instead of an answer. */
export const failures = [
  /** SERVFAIL. */
  "servfail",
  /** REFUSED. */
  "refused",
  /** No answer. */
  "silent",
  /** An answer with another question's id. */
  "forged",
  /** An answer to a question for another name. */
  "misnamed",
  /** Octets that are no DNS message behind the right id. */
  "garbage",
  /** Truncated over UDP; over TCP a message that is announced with 65,535 octets and cut off. */
  "cut",
] as const;
export type DnsFailure = (typeof failures)[number];

/** Records of a name, in the presentation format of RFC 1035 section 5, without quotes. */
export interface Records {
  readonly A?: readonly string[] | DnsFailure;
  readonly AAAA?: readonly string[] | DnsFailure;
  /** An alias: answers go on with its target, where the zone has it. A loop is answered with the aliases alone. */
  readonly CNAME?: string | DnsFailure;
  /** `10 mx.example`; `0 .` is the null MX of RFC 7505. */
  readonly MX?: readonly string[] | DnsFailure;
  readonly PTR?: readonly string[] | DnsFailure;
  /** `priority weight port target`. */
  readonly SRV?: readonly string[] | DnsFailure;
  /** `usage selector matching-type hex`. */
  readonly TLSA?: readonly string[] | DnsFailure;
  /** One text a record; it is cut into strings of 255 octets. */
  readonly TXT?: readonly string[] | DnsFailure;
}

/** Records of a name; or its addresses of either family; or what becomes of every question for it. */
export type ZoneEntry = Records | readonly string[] | DnsFailure;

/**
 * Entries by name in lower case, without the last dot. A name that is not there does not exist, unless `*.parent` is there, or
 * the name is the parent of one that is there, which makes it a name without records.
 */
export type Zone = Record<string, ZoneEntry>;

export type RecordType = keyof Records;

export const isFailure = (entry: unknown): entry is DnsFailure => failures.some((one) => one === entry);

/** @returns the entry for a name; null when it does not exist */
export function entryOf(zone: Zone, name: string): ZoneEntry | null {
  const exact = zone[name];
  if (exact !== undefined) return exact;
  if (Object.keys(zone).some((known) => known.endsWith(`.${name}`))) return {};
  const [, ...parent] = name.split(".");
  return zone[`*.${parent.join(".")}`] ?? null;
}
