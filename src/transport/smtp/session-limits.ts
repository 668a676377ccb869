/** Limits on concurrent SMTP sessions: places in total, shared fairly by client network. */
import { Counter } from "../../lib/counter.ts";
import { networkOf } from "../../protocols/address/network.ts";
import { TOO_MANY_FROM_YOU, TOO_MANY_SESSIONS } from "./replies.ts";

export interface SessionLimits {
  /** Admits the session, or returns the text of the 421. A session id is counted once. */
  admit(sessionId: string, address: string): string | null;
  /** Ends a session's count; a no-op for one that was not admitted. */
  release(sessionId: string): void;
  /**
   * Of these sessions, the first whose end would let in the peer that was refused: one of its own network, or, when it has no
   * session while all places are taken, one of the network with most.
   */
  whoseEndAdmits(address: string, sessionIds: readonly string[]): string | null;
}

/**
 * A network may have as many sessions as places are free, so that one alone gets half, and never more than `perNetwork`.
 * @param total places
 */
export function createSessionLimits(total: number, perNetwork: number): SessionLimits {
  const networkOfSession = new Map<string, string>();
  const sessionsOf = new Counter();
  const mayHave = (own: number, held: number): boolean => own < Math.min(perNetwork, total - held);
  return {
    admit(sessionId, address) {
      const network = networkOf(address);
      if (sessionsOf.total >= total) return TOO_MANY_SESSIONS;
      if (!mayHave(sessionsOf.of(network), sessionsOf.total)) return TOO_MANY_FROM_YOU;
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
    whoseEndAdmits(address, sessionIds) {
      const network = networkOf(address);
      const own = sessionsOf.of(network);
      if (own > 0) {
        if (!mayHave(own - 1, sessionsOf.total - 1)) return null;
        return sessionIds.find((id) => networkOfSession.get(id) === network) ?? null;
      }
      const heldWith = (id: string): number => sessionsOf.of(networkOfSession.get(id) ?? "");
      const most = Math.max(0, ...sessionIds.map(heldWith));
      return sessionIds.find((id) => heldWith(id) === most) ?? null;
    },
  };
}
