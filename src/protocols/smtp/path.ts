/** Parser of MAIL and RCPT (RFC 5321 section 4.1.1): a path in angle brackets, followed by parameters. */
import ipaddr from "ipaddr.js";
import { isAddressLength, isHeaderSafe } from "../address/index.ts";

export interface PathCommand {
  /** As written, without brackets and source route; empty for the null reverse-path. */
  readonly address: string;
  /** By keyword in upper case, in their order; true for one without a value. */
  readonly parameters: readonly (readonly [keyword: string, value: string | true])[];
}

/** A source route is ignored (appendix C). Quoted local parts may hold any character, brackets and spaces included. */
const pathLine =
  /^<(?:@[^\s,:<>]+(?:,@[^\s,:<>]+)*:)?(?:([^\s"<>@\\]+|"(?:[^"\\]|\\.)*")(?:@([^\s<>@"\\]+))?)?>(?:\s+(.*))?$/su;
/** A domain, with `_` in labels: invalid in a host name, and common in senders' domains. */
const domainName = /^(?:[\w-]|[^\p{ASCII}])+(?:\.(?:[\w-]|[^\p{ASCII}])+)*$/u;
const parameter = /^([a-z0-9][a-z0-9-]*)(?:=(.*))?$/i;
/** Invisible characters, which make one address look like another. */
const unseen = /[\u0080-\u009f\u200b\u2060\ufeff]/;

/**
 * Parses a client's line; null for bad syntax. Lenient with local parts, as other servers are: addresses with consecutive
 * dots are in use.
 * @param verb MAIL FROM or RCPT TO
 */
export function readPathCommand(verb: "MAIL FROM" | "RCPT TO", line: string): PathCommand | null {
  const colon = line.indexOf(":");
  if (line.slice(0, Math.max(colon, 0)).trim().toUpperCase() !== verb) return null;
  const said = line.slice(colon + 1).trim();
  if (!isHeaderSafe(said) || unseen.test(said)) return null;
  const [whole, local = "", domain, behind = ""] = pathLine.exec(said) ?? [];
  if (whole === undefined) return null;
  const parameters = behind.split(/\s+/).filter((word) => word !== "");
  const read = parameters.map((word) => parameter.exec(word));
  if (read.includes(null) || !isPath(verb, local, domain)) return null;
  return {
    address: domain === undefined ? local : `${local}@${domain}`,
    parameters: read.map((match) => [match?.[1]?.toUpperCase() ?? "", match?.[2] || true]),
  };
}

function isPath(verb: "MAIL FROM" | "RCPT TO", local: string, domain: string | undefined): boolean {
  // A bare postmaster, without a domain, is valid (section 4.5.1).
  if (domain === undefined) return verb === "MAIL FROM" ? local === "" : /^postmaster$/i.test(local);
  return isAddressLength(`${local}@${domain}`) && (domainName.test(domain) || isAddressLiteral(domain));
}

function isAddressLiteral(domain: string): boolean {
  const ip = /^\[(.*)\]$/.exec(domain)?.[1] ?? "";
  return /^IPv6:/i.test(ip) ? ipaddr.IPv6.isValid(ip.slice(5)) : ipaddr.IPv4.isValidFourPartDecimal(ip);
}
