/** Limits on concurrent SMTP sessions, in total and per client network. */
import ipaddr from "ipaddr.js";
import { Counter } from "../../lib/counter.ts";
import { TOO_MANY_FROM_YOU, TOO_MANY_SESSIONS } from "./replies.ts";

export interface SessionLimits {
  /** Admits the session, or returns the text of the 421. A session id is counted once. */
  admit(sessionId: string, address: string): string | null;
  /** Ends a session's count; a no-op for one that was not admitted. */
  release(sessionId: string): void;
}

/** @param perNetwork sessions that one network may have of the `total` */
export function createSessionLimits(total: number, perNetwork: number): SessionLimits {
  const networkOfSession = new Map<string, string>();
  const sessionsOf = new Counter();
  return {
    admit(sessionId, address) {
      const network = networkOf(address);
      if (networkOfSession.size >= total) return TOO_MANY_SESSIONS;
      if (sessionsOf.of(network) >= perNetwork) return TOO_MANY_FROM_YOU;
      networkOfSession.set(sessionId, network);
      sessionsOf.add(network);
      return null;
    },
    release(sessionId) {
      const network = networkOfSession.get(sessionId);
      if (network === undefined) return;
      networkOfSession.delete(sessionId);
      sessionsOf.remove(network);
    },
  };
}

/** The address for IPv4, its /64 for IPv6: the smallest prefix that providers assign to one customer (RFC 6177). */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}
