/** Limits on concurrent SMTP sessions: places in total, shared fairly by client network. */
import { Counter } from "../../lib/counter.ts";
import type { KnownNetworks } from "../../lib/known-networks.ts";
import { networkOf } from "../../protocols/address/network.ts";
import { SMTP_KNOWN_SHARE } from "./limits.ts";
import { TOO_MANY_FROM_YOU, TOO_MANY_SESSIONS } from "./replies.ts";

export interface SessionLimits {
  /** Admits the session, or returns the text of the 421. A session id is counted once. */
  admit(sessionId: string, address: string): string | null;
  /** Ends a session's count; a no-op for one that was not admitted. */
  release(sessionId: string): void;
  /** The session has brought a mail: its network is known. */
  brought(sessionId: string): void;
  /** The session was ended for others' sake: its network has to bring something before it is known again. */
  madeWay(sessionId: string): void;
  /**
   * Of these sessions, the first whose end would let in the peer that was refused: one of its own network, or, when it has no
   * session while all places are taken, one of the network with most, of strangers before others.
   */
  whoseEndAdmits(address: string, sessionIds: readonly string[]): string | null;
}

/**
 * A network may have as many sessions as places are free, so that one alone gets half, and never more than `perNetwork`. Those that are not known leave a part
 * of the places to the others.
 * @param total places
 */
export function createSessionLimits(total: number, perNetwork: number, known: KnownNetworks): SessionLimits {
  const forStrangers = total - Math.floor(total * SMTP_KNOWN_SHARE);
  const networkOfSession = new Map<string, string>();
  const sessionsOf = new Counter();
  const mayHave = (own: number, held: number): boolean => own < Math.min(perNetwork, total - held);
  const isStranger = (network: string): boolean => !known.has(network);
  /** Counted when it matters: a network may become known, and be so no longer, while it has sessions. */
  const haveStrangersAll = (): boolean => {
    if (sessionsOf.total < forStrangers) return false;
    const strangers = sessionsOf.keysFrom(1).filter(isStranger);
    return strangers.reduce((sum, network) => sum + sessionsOf.of(network), 0) >= forStrangers;
  };
  return {
    admit(sessionId, address) {
      const network = networkOf(address);
      if (sessionsOf.total >= total) return TOO_MANY_SESSIONS;
      if (!mayHave(sessionsOf.of(network), sessionsOf.total)) return TOO_MANY_FROM_YOU;
      if (isStranger(network) && haveStrangersAll()) return TOO_MANY_SESSIONS;
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
    brought(sessionId) {
      const network = networkOfSession.get(sessionId);
      if (network !== undefined) known.learn(network);
    },
    madeWay(sessionId) {
      const network = networkOfSession.get(sessionId);
      if (network !== undefined) known.forget(network);
    },
    whoseEndAdmits(address, sessionIds) {
      const network = networkOf(address);
      const own = sessionsOf.of(network);
      if (own > 0) {
        if (!mayHave(own - 1, sessionsOf.total - 1)) return null;
        return sessionIds.find((id) => networkOfSession.get(id) === network) ?? null;
      }
      const strangers = sessionIds.filter((id) => isStranger(networkOfSession.get(id) ?? ""));
      const areTheirs = isStranger(network) && haveStrangersAll();
      const ids = areTheirs || strangers.length > 0 ? strangers : sessionIds;
      const heldWith = (id: string): number => sessionsOf.of(networkOfSession.get(id) ?? "");
      const most = Math.max(0, ...ids.map(heldWith));
      return ids.find((id) => heldWith(id) === most) ?? null;
    },
  };
}
