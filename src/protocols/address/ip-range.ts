/** Which IP addresses a tenant may make us call: public unicast ones and nothing else. */
import ipaddr from "ipaddr.js";

/** False for loopback, private, link-local, multicast, reserved and unparsable addresses, and for IPv6 that embeds IPv4. */
export function isPublicAddress(ip: string): boolean {
  if (!ipaddr.isValid(ip)) return false;
  const address = ipaddr.parse(ip);
  // Embedded IPv4 (mapped, 6to4, NAT64, Teredo) has a range of its own and is refused whole: nobody serves webhooks there.
  return address.range() === "unicast" && !ip.includes("%");
}
