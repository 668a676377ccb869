/**
 * A semaphore with a fair share per tenant: a tenant may hold as much as is free, so one alone gets half, and the more there
 * are, the less each has (dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998).
 */
import { Counter } from "./counter.ts";

export interface FairShare {
  /**
   * @param tenant what the share is counted by, such as the id of a pod or an endpoint
   * @param amount 1 when absent
   * @returns false when the tenant's share does not allow it, or so much is not free at all
   */
  tryAcquire(tenant: string, amount?: number): boolean;
  /** Releasing more than the tenant holds releases what it holds. */
  release(tenant: string, amount?: number): void;
}

export interface FairShareOptions {
  /**
   * Grants a tenant that holds nothing what it asks for also when that is not free, so that the total may be exceeded: for
   * what can be waited for, never for memory.
   */
  readonly firstAlways?: boolean;
  /** What one tenant may hold, however much is free. */
  readonly perTenant?: number;
}

/** @param total permits, or bytes of a memory budget */
export function createFairShare(
  total: number,
  { firstAlways = false, perTenant = total }: FairShareOptions = {},
): FairShare {
  const held = new Counter();
  return {
    tryAcquire(tenant, amount = 1) {
      if (amount === 0) return true;
      const own = held.of(tenant);
      const isGranted = (firstAlways && own === 0) || own + amount <= Math.min(perTenant, total - held.total);
      if (isGranted) held.add(tenant, amount);
      return isGranted;
    },
    release: (tenant, amount) => held.remove(tenant, amount),
  };
}
