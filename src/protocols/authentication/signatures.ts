/**
 * Signatures of DKIM and ARC, verified with keys that were looked up before: this may run on a thread without a network, and a
 * slow name server holds no thread.
 */
import { domainToASCII } from "node:url";
import { fieldBody, fieldsNamed, headerText } from "./header-fields.ts";
import { type ArcVerdict, type DkimVerdict, dnsError, plainDomain, type Resolve } from "./verdicts.ts";

/** DKIM signatures that are verified, the topmost; RFC 6376 section 6.1 leaves the number to the verifier. Few mails have more than three. */
const MAX_SIGNATURES = 10;
/** ARC sets that are verified; RFC 8617 section 4.2.1 allows 50, each with a key, and chains seen have less than five. */
const MAX_ARC_SETS = 10;
/** Bits of an RSA key (RFC 8301 section 3.2). */
const MIN_KEY_BITS = 1024;

/** What was asked and answered, by name: a TXT record for each; a string is an error code. */
export type Keys = Readonly<Record<string, readonly (readonly string[])[] | string>>;

export interface SignatureVerdicts {
  readonly dkim: readonly (DkimVerdict & { readonly id: string })[];
  readonly arc: ArcVerdict;
  /** Addresses in From, and how many From fields there are: what DMARC asks about. Null: not known. */
  readonly authors: readonly string[] | null;
  readonly fromFields: number;
}

/** Names of the key records that its signatures and seals name; null when its header is too long to be verified. */
export function keyNames(raw: Uint8Array): readonly string[] | null {
  const header = headerText(raw);
  if (header === null) return null;
  const dkim = fieldsNamed(header, "dkim-signature");
  const arc = fieldsNamed(header, "arc-(?:message-signature|seal)");
  const names = [...dkim.slice(0, MAX_SIGNATURES), ...arc.slice(0, 2 * MAX_ARC_SETS)].flatMap((field) => {
    const tags = tagsOf(fieldBody(field));
    const [domain, selector] = [tags.get("d"), tags.get("s")];
    return domain && selector ? [keyName(selector, domain)] : [];
  });
  return [...new Set(names)];
}

/** As the library asks for it. */
const keyName = (selector: string, domain: string): string =>
  plainDomain(`${selector}._domainkey.${domainToASCII(domain) || domain}`);

/** A tag-list (RFC 6376 section 3.2), without folding white space. */
const tagsOf = (value: string): Map<string, string> =>
  new Map(
    value.split(";").map((tag): [string, string] => {
      const [name = "", ...rest] = tag.split("=");
      return [name.trim().toLowerCase(), rest.join("=").replaceAll(/\s/g, "")];
    }),
  );

/** Loaded with the first mail that needs it: a start would take 100 ms longer. */
export const loadSignatures = () => Promise.all([loadDkim(), loadArc()]);
const loadDkim = () => import("mailauth/lib/dkim/verify.js");
const loadArc = () => import("mailauth/lib/arc/index.js");

/** Verifies with these keys; one that is not among them counts as not answered. */
export async function verifySignatures(raw: Uint8Array, keys: Keys): Promise<SignatureVerdicts> {
  const [{ dkimVerify }, { arc: verifyArc }] = await loadSignatures();
  const resolver: Resolve = async (name) => {
    const answer = keys[plainDomain(name)] ?? "ESERVFAIL";
    if (typeof answer !== "string") return answer.map((strings) => [...strings]);
    throw dnsError(answer === "ENOTFOUND" || answer === "ENODATA" ? answer : "ESERVFAIL");
  };
  const options = { resolver, minBitLength: MIN_KEY_BITS };
  const found = await dkimVerify(verifiedPart(raw), { ...options, rejectRsaSha1: true, sender: "" });
  const repeated = repeatedFields(raw);
  // Cast: what one half of the library hands to the other; without a chain it is false, which the types of one half leave out.
  const arc = await verifyArc(found.arc as Parameters<typeof verifyArc>[0], options);
  return {
    dkim: found.results
      .filter(({ signingDomain }) => signingDomain !== undefined)
      .map((row) => dkimVerdict(row, repeated)),
    arc: {
      result: arcResult(arc.status.result),
      domain: (arc.signature && plainDomain(arc.signature.signingDomain ?? "")) || null,
    },
    authors: [...(found.headerFrom ?? [])],
    fromFields: Number(found.fromFields ?? 0),
  };
}

type LibraryVerdict = Awaited<
  ReturnType<Awaited<ReturnType<typeof loadDkim>>["dkimVerify"]>
>["results"][number];

/** A header may have one of each at most (RFC 5322 section 3.6, RFC 2045 section 3). */
const SINGLE_FIELDS = [
  ...["date", "from", "sender", "reply-to", "to", "cc", "message-id", "in-reply-to", "references", "subject"],
  ...["mime-version", "content-type", "content-transfer-encoding", "content-disposition"],
].join("|");

/** How often it has those that it has more than once, by name in lower case. */
function repeatedFields(raw: Uint8Array): ReadonlyMap<string, number> {
  const counts = countsOf(fieldsNamed(headerText(raw) ?? "", SINGLE_FIELDS).map(({ text }) => text));
  return new Map([...counts].filter(([, count]) => count > 1));
}

function countsOf(fields: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const field of fields) {
    const name = field.slice(0, field.indexOf(":")).trimEnd().toLowerCase();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function dkimVerdict(
  row: LibraryVerdict,
  repeated: ReadonlyMap<string, number>,
): SignatureVerdicts["dkim"][number] {
  const result = dkimResult(row);
  return {
    id: row.id ?? "",
    result: result === "pass" && !coversEach(row, repeated) ? "policy" : result,
    domain: plainDomain(row.signingDomain ?? ""),
    selector: row.selector ?? "",
  };
}

/**
 * A signature is over the last of several fields with one name, and readers show the first: whoever has a signed mail may send it again with
 * a Subject, a Reply-To or a Content-Type of his own in front (RFC 6376 section 8.15).
 */
function coversEach({ signingHeaders }: LibraryVerdict, repeated: ReadonlyMap<string, number>): boolean {
  if (repeated.size === 0) return true;
  const signed = countsOf(signingHeaders?.headers ?? []);
  return [...repeated].every(([name, count]) => signed.get(name) === count);
}

function dkimResult({ status, bodyHash, bodyHashExpecting }: LibraryVerdict): DkimVerdict["result"] {
  switch (status.result) {
    case "pass":
      // With l= anybody may add to the body (RFC 6376 section 8.2).
      return status.underSized === undefined ? "pass" : "policy";
    case "fail":
    case "policy":
    case "temperror":
    case "permerror":
      return status.result;
    default:
      // The library calls a body that was changed neutral; RFC 8601 section 2.7.1 has fail.
      return bodyHash !== undefined && bodyHash !== bodyHashExpecting ? "fail" : "neutral";
  }
}

function arcResult(result: string): ArcVerdict["result"] {
  if (result === "pass" || result === "fail" || result === "temperror") return result;
  return result === "none" ? "none" : "fail";
}

/**
 * The mail without the signatures beyond the bound: a body is hashed for every length that one names, and a header may have thousands.
 * ARC sets are left, since a chain without one of them is broken: their number only bounds the keys.
 */
function verifiedPart(raw: Uint8Array): Buffer {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const beyond = fieldsNamed(headerText(raw) ?? "", "dkim-signature").slice(MAX_SIGNATURES);
  if (beyond.length === 0) return bytes;
  const kept: Buffer[] = [];
  let start = 0;
  for (const field of beyond) {
    kept.push(bytes.subarray(start, field.start));
    start = field.end;
  }
  kept.push(bytes.subarray(start));
  return Buffer.concat(kept);
}
