/** Addresses of a mail host, behind the guard against those that lead into the operator's own network. */
import { isIP, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { isPublicAddress } from "../../protocols/address/ip-range.ts";
import { MAX_HOST_ADDRESSES } from "./limits.ts";
import type { Finding } from "./outcome.ts";

export interface AddressParts {
  /** Private, loopback and our own addresses too: for closed networks, tests and the demo. */
  readonly allowPrivate: boolean;
  readonly resolve: (host: string, tenant: string) => Promise<readonly string[]>;
  /** Addresses of this machine's interfaces. */
  readonly ownAddresses: () => ReadonlySet<string>;
}

export type HostAddresses =
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  | { readonly kind: "finding"; readonly finding: Finding };

/** @param host a name in A-labels, or an address */
export async function hostAddressesOf(
  { allowPrivate, resolve, ownAddresses }: AddressParts,
  host: string,
  tenant: string,
): Promise<HostAddresses> {
  let found: readonly string[];
  try {
    found = isIP(host) === 0 ? await resolve(host, tenant) : [host];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return none("deferred", "4.4.3", `the addresses of ${host} could not be looked up: ${why}`);
  }
  if (found.length === 0) return none("refused", "5.4.4", `${host} has no address`);
  if (!allowPrivate) {
    // A mix is an attempt at DNS rebinding: no legitimate host has both.
    if (!found.every(isPublicAddress)) return none("refused", "5.4.4", `${host} has no public address`);
    const own = ownAddresses();
    if (found.some((address) => own.has(address)))
      return none("refused", "5.4.6", `${host} is this machine: mail would come back here`);
  }
  return { kind: "addresses", addresses: alternating(found).slice(0, MAX_HOST_ADDRESSES) };
}

const none = (kind: Finding["kind"], enhancedCode: string, why: string): HostAddresses => ({
  kind: "finding",
  finding: { kind, enhancedCode, why, fault: "network" },
});

/** Families in turn, IPv4 first: many senders' IPv6 addresses have no reverse name, for which large providers refuse them. */
function alternating(addresses: readonly string[]): readonly string[] {
  const v4 = addresses.filter(isIPv4);
  const v6 = addresses.filter((address) => !isIPv4(address));
  return Array.from({ length: Math.max(v4.length, v6.length) }, (_, index) => [v4[index], v6[index]])
    .flat()
    .filter((address) => address !== undefined);
}

/** Milliseconds that they are kept: to ask the kernel takes 0.1 ms, as long as the rest of a message's way. */
const OWN_KEPT_MS = 30_000;

/** Addresses of this machine's interfaces. Behind address translation it has others, which it cannot know. */
export function machineAddresses(monotonicMs: () => number): () => ReadonlySet<string> {
  let readAt = Number.NEGATIVE_INFINITY;
  let addresses: ReadonlySet<string> = new Set();
  return () => {
    if (monotonicMs() - readAt >= OWN_KEPT_MS) {
      const found = Object.values(networkInterfaces()).flatMap((own) => own ?? []);
      [readAt, addresses] = [monotonicMs(), new Set(found.map(({ address }) => address))];
    }
    return addresses;
  };
}
