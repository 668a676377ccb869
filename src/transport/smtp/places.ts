/** How many SMTP sessions are open, in all and from one network. */
import ipaddr from "ipaddr.js";
import { Holdings } from "../../lib/holdings.ts";
import { TOO_MANY_FROM_YOU, TOO_MANY_SESSIONS } from "./replies.ts";

export interface Places {
  /** Takes a place for the session, or says why there is none. A session id takes one at most. */
  take(sessionId: string, address: string): string | null;
  /** Gives it back; of a session that has none, nothing happens. */
  free(sessionId: string): void;
}

/** @param perNetwork places that one network may hold of the `total` */
export function createPlaces(total: number, perNetwork: number): Places {
  const networkOfSession = new Map<string, string>();
  const held = new Holdings();
  return {
    take(sessionId, address) {
      const network = networkOf(address);
      if (networkOfSession.size >= total) return TOO_MANY_SESSIONS;
      if (held.of(network) >= perNetwork) return TOO_MANY_FROM_YOU;
      networkOfSession.set(sessionId, network);
      held.add(network);
      return null;
    },
    free(sessionId) {
      const network = networkOfSession.get(sessionId);
      if (network === undefined) return;
      networkOfSession.delete(sessionId);
      held.remove(network);
    },
  };
}

/** The address for IPv4, its /64 for IPv6: that much is given to a single customer. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}
