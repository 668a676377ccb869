/** Whose request it is as far as limits go: the client's network. */
import type { IncomingMessage } from "node:http";
import { isAddress, networkOf } from "../../protocols/address/network.ts";

/**
 * The network of the peer; behind a proxy, that of the last address in X-Forwarded-For that is no proxy's: those before it are the
 * client's own claim.
 * @param isProxy whether an address is that of a proxy whose header is believed
 * @returns null when there is no socket, as in tests
 */
export function clientNetwork(
  request: Pick<IncomingMessage, "socket" | "headers"> | undefined,
  isProxy: (address: string) => boolean,
): string | null {
  const peer = request?.socket.remoteAddress;
  if (request === undefined || peer === undefined) return null;
  if (!isProxy(peer)) return networkOf(peer);
  const forwarded = [request.headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
  const addresses = forwarded.map((text) => text.trim()).filter(isAddress);
  return networkOf(addresses.findLast((address) => !isProxy(address)) ?? peer);
}
