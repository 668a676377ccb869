/** Which hosts take mail for a domain (RFC 5321 section 5.1), the best first. */
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import type { LookUp } from "../../protocols/dns/look-up.ts";
import { MAX_MX_HOSTS } from "./limits.ts";
import type { Finding } from "./outcome.ts";

export type MxHosts =
  | { readonly kind: "hosts"; readonly names: readonly string[]; readonly domain: string }
  | { readonly kind: "finding"; readonly finding: Finding };

export interface MxParts {
  readonly lookUp: LookUp;
  /** Whether a host of this name is this installation. */
  readonly isOurs: (name: string) => boolean;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/**
 * @param domain as written in an address: in Unicode or A-labels, or an address literal in brackets
 * @returns names of hosts, or addresses; A-labels of the domain
 */
export async function mxHostsOf(parts: MxParts, domain: string, tenant: string): Promise<MxHosts> {
  const literal = /^\[(?:IPv6:)?([\d.a-f:]+)\]$/i.exec(domain)?.[1];
  if (literal !== undefined && isIP(literal) !== 0)
    return { kind: "hosts", names: [literal], domain: literal };
  const name = domainToASCII(domain.replace(/\.$/, ""));
  if (name === "") return none("refused", "5.1.2", `${domain} is no domain name`, "mailbox");
  const answer = await parts.lookUp({ name, type: "MX", tenant });
  if (answer.kind === "failed")
    return none("deferred", "4.4.3", `the MX records of ${name} could not be looked up: ${answer.why}`);
  if (answer.kind === "absent")
    return answer.nameExists
      ? { kind: "hosts", names: [name], domain: name }
      : none("refused", "5.1.2", `the domain ${name} does not exist`, "mailbox");
  const named = answer.records.filter(({ exchange }) => !/^\.?$/.test(exchange));
  // RFC 7505: the one record without a host says that the domain takes no mail.
  if (named.length === 0) return none("refused", "5.1.10", `${name} takes no mail (null MX)`, "mailbox");
  const names = before(parts, ordered(parts, named));
  if (names.length === 0) return none("refused", "5.4.6", `mail for ${name} would come back here`);
  return { kind: "hosts", names: names.slice(0, MAX_MX_HOSTS), domain: name };
}

const none = (
  kind: Finding["kind"],
  enhancedCode: string,
  why: string,
  fault: Finding["fault"] = "network",
): MxHosts => ({ kind: "finding", finding: { kind, enhancedCode, why, fault } });

interface Preferred {
  readonly name: string;
  readonly priority: number;
}

/** In the order of preference, at random among equals, which spreads the load (section 5.1). */
function ordered(
  { random }: MxParts,
  records: readonly { readonly exchange: string; readonly priority: number }[],
): readonly Preferred[] {
  const byName = new Map<string, number>();
  for (const { exchange, priority } of records) {
    const name = exchange.toLowerCase().replace(/\.$/, "");
    byName.set(name, Math.min(priority, byName.get(name) ?? priority));
  }
  return [...byName]
    .map(([name, priority]) => ({ name, priority, lot: random() }))
    .toSorted((a, b) => a.priority - b.priority || a.lot - b.lot);
}

/** Where this installation is one of them, those it prefers less, and its equals, would only hand the mail back (section 5.1). */
function before({ isOurs }: MxParts, hosts: readonly Preferred[]): readonly string[] {
  const ours = hosts.find(({ name }) => isOurs(name));
  return hosts.filter((host) => ours === undefined || host.priority < ours.priority).map(({ name }) => name);
}
