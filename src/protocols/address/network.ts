/** Networks of IP addresses: what limits per peer are counted by, and lists of them. */
import ipaddr from "ipaddr.js";

/**
 * The network that an address shares its limits with: the IPv4 /24 or IPv6 /48, the longest prefixes that are routed between providers. One
 * customer may be assigned a whole /48 (RFC 6177): by its 65,536 networks of a /64 it would have each limit as often (docs/decisions/0108-networks-of-ipv6.md).
 * @param address any text form, IPv4-mapped IPv6 as well; another text is a network of its own
 */
export function networkOf(address: string): string {
  if (!isAddress(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return `${parsed.octets.slice(0, 3).join(".")}.0/24`;
  const groups = parsed.parts.slice(0, 3).map((part) => part.toString(16));
  return `${groups.join(":")}::/48`;
}

/** Without the short, octal and hexadecimal forms of IPv4. */
export const isAddress = (text: string): boolean =>
  ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);

/** True for an address, or a network as in 10.0.0.0/8. */
export const isNetwork = (text: string): boolean =>
  text.includes("/") ? ipaddr.isValidCIDR(text) : isAddress(text);

/** Addresses of which a list remembers whether they lie in it: to read one costs ten times what the rest of such a question does, and peers come again. */
const MAX_REMEMBERED = 1000;

/** @param networks each as `isNetwork` takes them @returns whether an address, in any text form, lies in one of them */
export function networkList(networks: readonly string[]): (address: string) => boolean {
  const ranges = networks.map((text) => {
    if (text.includes("/")) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === "ipv4" ? 32 : 128] as const;
  });
  const lies = (address: string): boolean => {
    if (ranges.length === 0 || !isAddress(address)) return false;
    const parsed = ipaddr.process(address);
    return ranges.some(([base, bits]) => parsed.kind() === base.kind() && parsed.match(base, bits));
  };
  const remembered = new Map<string, boolean>();
  return (address) => {
    const known = remembered.get(address);
    if (known !== undefined) return known;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    const answer = lies(address);
    remembered.set(address, answer);
    return answer;
  };
}

/** An address of this machine: nobody listens in between. */
export const isLoopback = networkList(["127.0.0.0/8", "::1"]);
