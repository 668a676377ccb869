/**
 * Networks of peers that have brought something of use of late. Whoever floods from hundreds of networks has a fair share of each; what sets those apart
 * that others depend on is that something came of them.
 */
import { LRUCache } from "lru-cache";

export interface KnownNetworks {
  has(network: string): boolean;
  learn(network: string): void;
  forget(network: string): void;
}

/**
 * @param max networks that are remembered; the one that was useful longest ago is forgotten. An entry is about 100 bytes
 * @param keptMs for how long, milliseconds
 * @param monotonicMs a clock that is not set back
 */
export function createKnownNetworks(
  { max, keptMs }: { readonly max: number; readonly keptMs: number },
  monotonicMs: () => number,
): KnownNetworks {
  const learntAt = new LRUCache<string, number>({ max });
  return {
    has(network) {
      const at = learntAt.peek(network);
      return at !== undefined && monotonicMs() - at < keptMs;
    },
    learn: (network) => void learntAt.set(network, monotonicMs()),
    forget: (network) => void learntAt.delete(network),
  };
}
