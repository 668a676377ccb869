/** Places of HTTP connections: shared fairly by client network, some of them only by networks from which valid keys came. */
import type { Socket } from "node:net";
import { Counter } from "../../lib/counter.ts";
import { createKnownNetworks } from "../../lib/known-networks.ts";
import { networkList, networkOf } from "../../protocols/address/network.ts";
import {
  HTTP_EVICTION_MS,
  HTTP_KNOWN_MS,
  HTTP_KNOWN_SHARE,
  MAX_HTTP_CONNECTIONS,
  MAX_HTTP_PER_NETWORK,
  UNKNOWN_KEY_NETWORKS,
} from "./limits.ts";

export interface ConnectionPlaces {
  readonly total: number;
  /** Gives the connection a place for as long as it is open; without one it is ended at once: a client of another network finds one. */
  enter(socket: Socket): void;
  /** Gives its place to others; a no-op for one without. */
  leave(socket: Socket): void;
  /** A request of the connection had a valid key. */
  recognise(socket: Socket): void;
}

export interface PlacesParts {
  /** At once; MAX_HTTP_CONNECTIONS when absent. */
  readonly maxConnections?: number;
  /** Of those, by one client network; MAX_HTTP_PER_NETWORK when absent. */
  readonly maxPerNetwork?: number;
  /** Networks of proxies, whose connections are many clients': they have no share by network. */
  readonly proxies: readonly string[];
  /** A clock that is not set back. */
  readonly monotonicMs: () => number;
}

/** A connection by which no valid key came yet. */
interface Stranger {
  readonly network: string;
  readonly sinceMs: number;
}

/**
 * A network may have as many as are free, and never more than `maxPerNetwork`. When all are taken, the oldest connection without a valid key makes way for one of a
 * network that has none: whoever has one has shown it by then.
 */
export function createConnectionPlaces(parts: PlacesParts): ConnectionPlaces {
  const { maxConnections: total = MAX_HTTP_CONNECTIONS, monotonicMs } = parts;
  const perNetwork = parts.maxPerNetwork ?? MAX_HTTP_PER_NETWORK;
  const forStrangers = total - Math.floor(total * HTTP_KNOWN_SHARE);
  const isProxy = networkList(parts.proxies);
  const known = createKnownNetworks({ max: UNKNOWN_KEY_NETWORKS, keptMs: HTTP_KNOWN_MS }, monotonicMs);
  const networks = new Map<Socket, string>();
  const connectionsOf = new Counter();
  /** In the order in which they came. */
  const strangers = new Map<Socket, Stranger>();
  const leave = (socket: Socket): void => {
    const network = networks.get(socket);
    if (network !== undefined) connectionsOf.remove(network);
    networks.delete(socket);
    strangers.delete(socket);
  };
  const isFree = (isKnown: boolean): boolean =>
    connectionsOf.total < total && (isKnown || strangers.size < forStrangers);
  /** @returns whether one made way */
  const endOldestStranger = (): boolean => {
    const [oldest] = strangers;
    if (oldest === undefined || monotonicMs() - oldest[1].sinceMs < HTTP_EVICTION_MS) return false;
    leave(oldest[0]);
    oldest[0].destroy();
    return true;
  };
  const finds = (network: string, isKnown: boolean): boolean => {
    const own = connectionsOf.of(network);
    if (!isFree(isKnown)) return own === 0 && endOldestStranger();
    return own < Math.min(perNetwork, total - connectionsOf.total);
  };
  return {
    ...{ total, leave },
    enter(socket) {
      const { remoteAddress = "" } = socket;
      if (isProxy(remoteAddress)) return;
      const network = networkOf(remoteAddress);
      const isKnown = known.has(network);
      if (!finds(network, isKnown)) return void socket.destroy();
      networks.set(socket, network);
      connectionsOf.add(network);
      if (!isKnown) strangers.set(socket, { network, sinceMs: monotonicMs() });
      socket.once("close", () => leave(socket));
    },
    recognise(socket) {
      const stranger = strangers.get(socket);
      if (stranger === undefined) return;
      strangers.delete(socket);
      known.learn(stranger.network);
    },
  };
}
