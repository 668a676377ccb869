/** The way of one message: which hosts at which addresses are tried, in which order, and under which conditions. */
import type { LookUp } from "../../protocols/dns/look-up.ts";
import type { ValidatedLookUp } from "../dns/validated-look-up.ts";
import { type Dane, daneOf } from "./dane.ts";
import { type AddressParts, hostAddressesOf } from "./host-addresses.ts";
import { mxHostsOf } from "./mx-hosts.ts";
import type { Finding } from "./outcome.ts";
import type { StsPolicies } from "./sts-policies.ts";
import type { Credentials, Security, Target } from "./target.ts";

/** The server that takes all mail, where no MX is looked up: one that the operator names. */
export interface Relay {
  readonly host: string;
  readonly port: number;
  /** TLS from the first octet, not by STARTTLS. */
  readonly isImplicitTls: boolean;
  /** Null: the host asks for none. */
  readonly credentials: Credentials | null;
}

/** A password is sent under verified TLS alone. */
const securityOf = ({ isImplicitTls, credentials }: Relay): Security =>
  isImplicitTls ? "implicit" : credentials === null ? "opportunistic" : "verified";

export interface RouteParts extends AddressParts {
  readonly lookUp: LookUp;
  /** Null: mail goes to the MX hosts of its domain. */
  readonly relay: Relay | null;
  readonly policies: StsPolicies;
  /** Null: TLSA records are not looked for. */
  readonly validated: ValidatedLookUp | null;
  /** Of MX hosts. */
  readonly port: number;
  readonly isOurs: (name: string) => boolean;
  readonly random: () => number;
}

/** Where to try next; or what was found where there is nothing to try. */
export type Stop =
  | { readonly kind: "target"; readonly target: Target }
  | { readonly kind: "finding"; readonly finding: Finding };

/** Looks a host up when it is its turn. */
export async function* routeOf(parts: RouteParts, domain: string, tenant: string): AsyncGenerator<Stop> {
  if (parts.relay !== null) {
    // The operator's own host may lie in his own network.
    const guard = { ...parts, allowPrivate: true };
    const { host, port, credentials } = parts.relay;
    yield* stopsAt(guard, {
      host,
      port,
      credentials,
      security: securityOf(parts.relay),
      dane: null,
      isSmarthost: true,
      tenant,
    });
    return;
  }
  const hosts = await mxHostsOf(parts, domain, tenant);
  if (hosts.kind === "finding") {
    yield hosts;
    return;
  }
  const policy = await parts.policies.of(hosts.domain, tenant);
  for (const host of hosts.names) {
    if (policy !== null && !policy.allows(host)) {
      const why = `the MTA-STS policy of ${hosts.domain} does not name ${host}`;
      yield { kind: "finding", finding: { kind: "deferred", enhancedCode: "4.7.5", why, fault: "policy" } };
      continue;
    }
    const dane = await daneAt(parts, { domain: hosts.domain, host, tenant });
    if (dane.kind === "finding") {
      yield dane;
      continue;
    }
    yield* stopsAt(parts, {
      host,
      port: parts.port,
      // A policy must not stand in for a host that fails at DANE (RFC 8461 section 2).
      security: dane.kind === "demand" ? "dane" : policy === null ? "opportunistic" : "verified",
      dane: dane.kind === "demand" ? dane.demand : null,
      credentials: null,
      isSmarthost: false,
      tenant,
    });
  }
}

const daneAt = async (
  { validated, port }: RouteParts,
  question: { readonly domain: string; readonly host: string; readonly tenant: string },
): Promise<Dane> => (validated === null ? { kind: "none" } : daneOf(validated, { ...question, port }));

async function* stopsAt(
  parts: AddressParts,
  { tenant, ...host }: Omit<Target, "address"> & { readonly tenant: string },
): AsyncGenerator<Stop> {
  const at = await hostAddressesOf(parts, host.host, tenant);
  if (at.kind === "finding") yield at;
  else for (const address of at.addresses) yield { kind: "target", target: { ...host, address } };
}
