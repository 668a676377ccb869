/** The Authentication-Results field (RFC 8601): ours written, others' in our name removed. */
import { fieldBody, fieldsNamed, headerText, type RawField } from "./header-fields.ts";
import { type DkimVerdict, plainDomain, type Verdicts } from "./verdicts.ts";

const FIELD = "Authentication-Results";

/** Signatures that are named: the field is in every list. */
const MAX_NAMED = 5;
/** Octets of a value: a domain name has 253. */
const MAX_VALUE = 255;

/** Text of the sender's is let through when it is a name; what else stands there is left out with its property. */
const property = (name: string, value: string): string =>
  /^[A-Za-z0-9._-]+$/.test(value) && value.length <= MAX_VALUE ? ` ${name}=${value}` : "";

function dkimResult({ result, domain, selector }: DkimVerdict): string {
  return `dkim=${result}${property("header.d", domain)}${property("header.s", selector)}`;
}

/** With its line ends, each result on a line of its own. @param host authserv-id: this server's name */
export function resultsField(host: string, { spf, dkim, dmarc, arc }: Verdicts): string {
  const identity = spf.identity === "helo" ? "smtp.helo" : "smtp.mailfrom";
  const policy = dmarc.policy === null ? "" : ` (p=${dmarc.policy})`;
  const results = [
    `spf=${spf.result}${property(identity, spf.domain)}`,
    ...(dkim.length === 0 ? ["dkim=none"] : dkim.slice(0, MAX_NAMED).map(dkimResult)),
    `dmarc=${dmarc.result}${policy}${property("header.from", dmarc.domain)}`,
    `arc=${arc.result}`,
  ];
  return `${FIELD}: ${host};\r\n\t${results.join(";\r\n\t")}\r\n`;
}

/** The authserv-id (RFC 8601 section 2.2) in lower case, without a last dot: what stands first, behind comments. */
function serverOf(field: RawField): string {
  const text = withoutComments(fieldBody(field)).trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(text)?.[1]?.replaceAll(/\\(.)/g, "$1");
  return plainDomain(quoted ?? /^[^\s;]*/.exec(text)?.[0] ?? "");
}

/** Comments nest as deep as they like (RFC 5322 section 3.2.2), and quotes are none in them; one that does not end hides the rest. */
function withoutComments(text: string): string {
  const inside = /\\.|[^\\()]+|./sy;
  const outside = /"(?:[^"\\]|\\.)*"|\\.|[^"\\()]+|./sy;
  let [kept, depth, at] = ["", 0, 0];
  while (at < text.length) {
    const pattern = depth > 0 ? inside : outside;
    pattern.lastIndex = at;
    const [token = ""] = pattern.exec(text) ?? [];
    at += Math.max(token.length, 1);
    if (token === "(") depth++;
    else if (token === ")" && depth > 0) depth--;
    else if (depth === 0) kept += token;
  }
  return kept;
}

/**
 * Removes fields that claim to be this server's (RFC 8601 section 5): whoever reads them later would believe the sender.
 * @returns the same bytes when there is none
 */
export function withoutForgedResults(raw: Uint8Array, host: string): Uint8Array {
  // Of any length: padding would hide a field behind the bound of what is verified.
  const header = headerText(raw) ?? headerText(raw, raw.byteLength) ?? "";
  // Hardly any mail has one.
  if (!/authentication-results/i.test(header)) return raw;
  const own = plainDomain(host);
  const forged = fieldsNamed(header, "authentication-results").filter((field) => serverOf(field) === own);
  if (forged.length === 0) return raw;
  const kept: Uint8Array[] = [];
  let start = 0;
  for (const field of forged) {
    kept.push(raw.subarray(start, field.start));
    start = field.end;
  }
  kept.push(raw.subarray(start));
  return Buffer.concat(kept);
}
