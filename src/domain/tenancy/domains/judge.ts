/** Whether what a name server answered is the record that a domain needs. Pure. */
import { hash } from "node:crypto";
import type { RecordQuestion } from "../../door/outside.ts";
import type { RecordReason, RecordStatus } from "./checks.ts";
import type { VerificationRecord } from "./records.ts";

export interface Judgement {
  readonly status: RecordStatus;
  readonly reason: RecordReason | null;
  /** Of what is there, that which concerns the record. */
  readonly found: readonly string[];
}

/** Of a label that nobody has: what a wildcard answers for (RFC 4592), asked for by a name below it. */
const WILDCARD_LABEL_HEX = 12;

/** What to ask a name server about a record. */
export const questionOf = ({ type, name }: Pick<VerificationRecord, "type" | "name">): RecordQuestion => ({
  type,
  name: name.replace(/^\*/, () => `rk-${hash("sha256", name).slice(0, WILDCARD_LABEL_HEX)}`),
});

const MISSING: Judgement = { status: "MISSING", reason: null, found: [] };

const judged = (isValid: boolean, found: readonly string[]): Judgement =>
  isValid ? { status: "VALID", reason: null, found } : { status: "INVALID", reason: "value_mismatch", found };

/**
 * @param values what is published at the record's name: strings of a TXT record joined, an MX record as `preference host`, hosts without
 * their last dot. Whatever the owner of the name, or a name server that lies, put there
 */
export function judge(record: VerificationRecord, values: readonly string[]): Judgement {
  switch (record.role) {
    case "dkim":
      return judgeDkim(record.value, values);
    case "spf":
      return judgeSpf(record.value, values);
    case "dmarc":
      return judgeDmarc(values);
    case "mx":
    case "return-path":
    case "wildcard":
      return judgeMx(record.value, values);
    case "tracking":
      return values.length === 0 ? MISSING : judged(sameHosts(values, [record.value]), values);
  }
}

/**
 * The tags of a list `a=b; c=d` (RFC 6376 section 3.2), without the white space in their values; of two with one name none counts, and
 * null is what is no such list. Quoted into a TXT record by hand, a value often has spaces in it.
 */
function tagsOf(text: string): ReadonlyMap<string, string> | null {
  const tags = new Map<string, string>();
  for (const piece of text.split(";")) {
    const at = piece.indexOf("=");
    const name = piece.slice(0, Math.max(at, 0)).trim();
    if (piece.trim() === "") continue;
    if (name === "" || tags.has(name)) return null;
    tags.set(name, piece.slice(at + 1).replace(/\s+/g, ""));
  }
  return tags;
}

/** One record, and it has the key (RFC 6376 section 3.6.2.2: several are undefined). */
function judgeDkim(wanted: string, values: readonly string[]): Judgement {
  const key = tagsOf(wanted);
  const one = single(values, () => true);
  if ("judgement" in one) return one.judgement;
  const tags = tagsOf(one.value);
  const isSame =
    tags !== null &&
    (tags.get("v") ?? "DKIM1") === "DKIM1" &&
    (tags.get("k") ?? "rsa") === key?.get("k") &&
    tags.get("p") === key?.get("p") &&
    // A service that is not mail, a hash that is not ours (RFC 6376 section 3.6.1).
    ["*", "email"].some((service) => (tags.get("s") ?? "*").split(":").includes(service)) &&
    (tags.get("h") ?? "sha256").split(":").includes("sha256");
  return judged(isSame, values);
}

/** Mechanisms by which the host that mail leaves from passes, at a name whose MX it is. */
const passes = (host: string): ReadonlySet<string> => new Set([`a:${host}`, `+a:${host}`, "mx", "+mx"]);

/** One record (RFC 7208 section 4.5), which names the host before it says what becomes of all others. */
function judgeSpf(wanted: string, values: readonly string[]): Judgement {
  const one = single(values, (value) => /^v=spf1(?: |$)/i.test(value));
  if ("judgement" in one) return one.judgement;
  const terms = one.value.toLowerCase().split(/ +/);
  const host = wanted.split(" ")[1]?.slice("a:".length) ?? "";
  const end = terms.findIndex((term) => /^[-+~?]?all$/.test(term));
  const before = end === -1 ? terms : terms.slice(0, end);
  const accepted = passes(host.toLowerCase());
  return judged(
    before.some((term) => accepted.has(term)),
    one.all,
  );
}

/** One record with a policy (RFC 7489 section 6.3), whichever: that is the owner's choice. */
function judgeDmarc(values: readonly string[]): Judgement {
  const one = single(values, (value) => /^v\s*=\s*DMARC1\s*(?:;|$)/.test(value));
  if ("judgement" in one) return one.judgement;
  const policy = tagsOf(one.value)?.get("p")?.toLowerCase();
  return judged(policy !== undefined && ["none", "quarantine", "reject"].includes(policy), one.all);
}

/** Mail goes to the host, and to no other first. Others behind it may be there for when it is down. */
function judgeMx(host: string, values: readonly string[]): Judgement {
  if (values.length === 0) return MISSING;
  const exchanges = values.map((value) => {
    const [preference = "", exchange = ""] = value.split(" ");
    return { preference: Number(preference), exchange };
  });
  const best = Math.min(...exchanges.map(({ preference }) => preference));
  const first = exchanges.filter(({ preference }) => preference === best).map(({ exchange }) => exchange);
  return judged(sameHosts(first, [host]), values);
}

const hostsOf = (values: readonly string[]): string[] =>
  [...new Set(values.map((host) => host.toLowerCase().replace(/\.$/, "")))].toSorted();

const sameHosts = (some: readonly string[], others: readonly string[]): boolean =>
  hostsOf(some).join() === hostsOf(others).join();

type Single = { readonly judgement: Judgement } | { readonly value: string; readonly all: readonly string[] };

/** The one of the values that counts. None: missing. Several: whoever reads them takes none. */
function single(values: readonly string[], counts: (value: string) => boolean): Single {
  const all = values.filter(counts);
  const [value] = all;
  if (value === undefined) return { judgement: MISSING };
  if (all.length > 1) return { judgement: { status: "INVALID", reason: "duplicate_records", found: all } };
  return { value, all };
}
