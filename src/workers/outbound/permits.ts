/** Who may begin an attempt now: shares of all connections by pod, of those to one destination by pod, and the pace of each. */
import { createFairShare, type FairShare } from "../../lib/fair-share.ts";
import { createRate, type Rate } from "../../lib/rate.ts";

export interface PermitLimits {
  /** Attempts at once in this process. */
  readonly connections: number;
  readonly perDestination: number;
  /** Messages a minute; null: any number. */
  readonly destinationPerMinute: number | null;
  readonly podPerMinute: number | null;
}

export interface Permits {
  /** False when the pod, or the destination, has what it may. */
  tryBegin(podId: string, destination: string): boolean;
  end(podId: string, destination: string): void;
  /** How many of the pod's may be begun at a destination one after the other; 0: none now. */
  roomFor(podId: string, destination: string): number;
  /** Destinations that may have no more of this pod now. */
  full(podId: string): readonly string[];
}

interface Destination {
  readonly share: FairShare;
  held: number;
}

/** Destinations that a process remembers the pace of: about 100 bytes each. */
const MAX_PACED = 100_000;
/** Destinations without a token that one look leaves out: of the others it finds what it cannot begin, and goes on without it. */
const MAX_EXCLUDED = 1000;

export function createPermits(limits: PermitLimits, monotonicMs: () => number): Permits {
  const pods = createFairShare(limits.connections);
  /** Only those that have attempts under way. */
  const destinations = new Map<string, Destination>();
  const rateOf = (perMinute: number | null): Rate | null =>
    perMinute === null ? null : createRate({ perMinute, monotonicMs, maxKeys: MAX_PACED });
  const pace = { pods: rateOf(limits.podPerMinute), destinations: rateOf(limits.destinationPerMinute) };
  const left = (podId: string, destination: string): number =>
    Math.min(
      pace.pods?.left(podId) ?? Number.POSITIVE_INFINITY,
      pace.destinations?.left(destination) ?? Number.POSITIVE_INFINITY,
    );
  const release = (podId: string, key: string, destination: Destination): void => {
    destination.share.release(podId);
    if (--destination.held === 0) destinations.delete(key);
  };
  const acquire = (podId: string, key: string): boolean => {
    const destination = destinations.get(key) ?? {
      share: createFairShare(limits.perDestination),
      held: 0,
    };
    if (!destination.share.tryAcquire(podId)) return false;
    destination.held++;
    destinations.set(key, destination);
    return true;
  };
  const canAcquire = (podId: string, key: string): boolean => {
    if (!acquire(podId, key)) return false;
    const destination = destinations.get(key);
    if (destination !== undefined) release(podId, key, destination);
    return true;
  };
  return {
    tryBegin(podId, key) {
      if (left(podId, key) < 1 || !pods.tryAcquire(podId)) return false;
      if (!acquire(podId, key)) {
        pods.release(podId);
        return false;
      }
      pace.pods?.use(podId);
      pace.destinations?.use(key);
      return true;
    },
    end(podId, key) {
      pods.release(podId);
      const destination = destinations.get(key);
      if (destination !== undefined) release(podId, key, destination);
    },
    roomFor: (podId, key) => (canAcquire(podId, key) ? Math.floor(left(podId, key)) : 0),
    full: (podId) => [
      ...[...destinations.keys()].filter((key) => !canAcquire(podId, key)),
      ...(pace.destinations?.exhausted() ?? []).slice(0, MAX_EXCLUDED),
    ],
  };
}
