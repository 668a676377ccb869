/** Lists of addresses that send spam, asked by DNS (RFC 5782). */
import ipaddr from "ipaddr.js";
import type { Resolve } from "./verdicts.ts";

/** Listed addresses are answered with one of this network (section 2.1); those of 127.255.255.0/24 say that the question was refused. */
const LISTED = /^127\.(?!255\.255\.)/;

/** @param zones of the lists @returns those that have the client's address; a list that does not answer has nobody */
export async function listedIn(
  address: string,
  zones: readonly string[],
  resolve: Resolve,
): Promise<string[]> {
  const name = reversed(address);
  if (name === null) return [];
  const isListed = async (zone: string): Promise<boolean> => {
    const answers = await resolve(`${name}.${zone}`, "A").catch(() => []);
    return answers.flat().some((answer) => LISTED.test(answer));
  };
  const listed = await Promise.all(zones.map(isListed));
  return zones.filter((_zone, index) => listed[index]);
}

/** Octets of IPv4, nibbles of IPv6, the last first (sections 2.1 and 2.4). */
function reversed(text: string): string | null {
  if (!ipaddr.isValid(text)) return null;
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv4) return address.octets.toReversed().join(".");
  const hex = Buffer.from(address.toByteArray()).toString("hex");
  return [...hex].toReversed().join(".");
}
