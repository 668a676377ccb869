/** IP addresses that a tenant's URL may lead to: public unicast only. */
import ipaddr from "ipaddr.js";

/** The IPv6 range assigned for global unicast (RFC 4291 section 2.4, IANA's registry); the rest is not routed on the internet. */
const globalUnicast = ipaddr.IPv6.parse("2000::");
const GLOBAL_UNICAST_BITS = 3;

/**
 * False for loopback, private, link-local, carrier-grade NAT, multicast, documentation, reserved and unparsable
 * addresses. IPv6 that embeds an IPv4 address (mapped, compatible, 6to4, NAT64, Teredo) is refused whatever the embedded
 * one is: a gateway would route to it, and no public host needs such an address.
 * @param ip the usual text form; octal, hexadecimal, short and zoned forms are refused
 */
export function isPublicAddress(ip: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(ip)) return ipaddr.IPv4.parse(ip).range() === "unicast";
  if (ip.includes("%") || !ipaddr.IPv6.isValid(ip)) return false;
  const address = ipaddr.IPv6.parse(ip);
  return address.match(globalUnicast, GLOBAL_UNICAST_BITS) && address.range() === "unicast";
}
