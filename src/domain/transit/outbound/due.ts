import type { Database } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { MAX_PODS_FOUND, MAX_PODS_LOOKED_AT, OUTBOUND_LEASE_MS } from "../../limits.ts";
import { type Lease, listPodsDue, renewLeases } from "./queue-store.ts";
import type { Judged } from "./record.ts";
import { findPodsOf } from "./record-store.ts";

/** Sorts before every id. */
const FIRST = "00000000-0000-0000-0000-000000000000";

/** @returns looks for pods (UUID) that have mail for other servers which is due; each look goes on where the one before ended */
export function createOutboundLook(database: Database): () => Promise<readonly string[]> {
  let after = FIRST;
  return async () => {
    const look = { after, limit: MAX_PODS_FOUND, steps: MAX_PODS_LOOKED_AT };
    const { pods, last } = await database.readOnce(systemScope, (tx) => listPodsDue(tx, systemScope, look));
    after = last ?? FIRST;
    return pods;
  };
}

/** Says that this process still works on these. */
export const renewOutbound = (database: Database, leases: readonly Lease[]): Promise<void> =>
  database.transaction(systemScope, (tx) => renewLeases(tx, systemScope, leases, OUTBOUND_LEASE_MS));

/** Attempts whose rows were not found where they were taken, by the pod that they are in now; what was deleted is left out. */
export async function findMoved(
  database: Database,
  lost: readonly Judged[],
): Promise<ReadonlyMap<string, readonly Judged[]>> {
  const organizationId = lost[0]?.taken.organizationId ?? FIRST;
  const ids = lost.map(({ taken }) => taken.id);
  const pods = await database.readOnce(systemScope, (tx) => findPodsOf(tx, systemScope, organizationId, ids));
  const found = lost.filter(({ taken }) => pods.has(taken.id));
  return Map.groupBy(found, ({ taken }) => pods.get(taken.id) ?? taken.podId);
}
