/** TLSA records (RFC 6698) of mail hosts, as RFC 7672 reads them: which certificate the host shows, or who signed it. */
import { createHash, type X509Certificate } from "node:crypto";

/** RFC 7672 section 3.1: the others are not for SMTP. `key` is DANE-EE(3), `authority` DANE-TA(2). */
export interface Tlsa {
  readonly usage: "key" | "authority";
  /** What of the certificate: all of it, or its public key. */
  readonly selector: "certificate" | "public key";
  /** Null: the octets themselves. */
  readonly hash: "sha256" | "sha512" | null;
  readonly data: Buffer;
}

const USAGES = new Map([
  [2, "authority"],
  [3, "key"],
] as const);
const SELECTORS = new Map([
  [0, "certificate"],
  [1, "public key"],
] as const);
const HASHES = new Map([
  [0, null],
  [1, "sha256"],
  [2, "sha512"],
] as const);
const HASH_OCTETS = { sha256: 32, sha512: 64 } as const;
/** Octets in front of the association data. */
const HEAD = 3;

/** @returns null for a record that cannot be used (RFC 7672 section 2.2): another usage, selector or hash, or of another length */
export function readTlsa(record: Buffer): Tlsa | null {
  const [usage, selector, hash] = [
    USAGES.get(record[0] as 2 | 3),
    SELECTORS.get(record[1] as 0 | 1),
    HASHES.get(record[2] as 0 | 1 | 2),
  ];
  const data = record.subarray(HEAD);
  if (usage === undefined || selector === undefined || hash === undefined || data.length === 0) return null;
  return hash !== null && data.length !== HASH_OCTETS[hash] ? null : { usage, selector, hash, data };
}

/**
 * @param records of the host; one that fits is enough
 * @param chain what the host showed, its own certificate first
 * @param names of which the certificate must bear one where its authority is named (RFC 7672 section 3.2.3)
 * @returns null when it is the host; or why not
 */
export function mismatchOf(
  records: readonly Tlsa[],
  chain: readonly X509Certificate[],
  names: readonly string[],
  now: Date,
): string | null {
  const [own] = chain;
  if (own === undefined) return "the host showed no certificate";
  // Neither its name nor its dates count: the record says what they would (section 3.1.1).
  if (records.some((record) => record.usage === "key" && fits(record, own))) return null;
  const authorities = records.filter(({ usage }) => usage === "authority");
  const at = chain.findIndex((certificate) => authorities.some((record) => fits(record, certificate)));
  if (at === -1) return "no TLSA record of the host fits its certificate";
  if (!isSignedUpTo(chain.slice(0, at + 1)))
    return "its certificate is not signed by the authority that TLSA names";
  if (!chain.slice(0, at + 1).every((one) => isValidAt(one, now))) return "its certificate has expired";
  return names.some((name) => own.checkHost(name) !== undefined)
    ? null
    : "its certificate is for another name";
}

function fits({ selector, hash, data }: Tlsa, certificate: X509Certificate): boolean {
  const octets =
    selector === "certificate"
      ? certificate.raw
      : certificate.publicKey.export({ type: "spki", format: "der" });
  return (hash === null ? octets : createHash(hash).update(octets).digest()).equals(data);
}

const isSignedUpTo = (chain: readonly X509Certificate[]): boolean =>
  chain.slice(1).every((issuer, index) => {
    const subject = chain[index];
    return subject?.checkIssued(issuer) === true && issuer.ca && subject.verify(issuer.publicKey);
  });

const isValidAt = ({ validFromDate, validToDate }: X509Certificate, now: Date): boolean =>
  validFromDate <= now && now <= validToDate;
