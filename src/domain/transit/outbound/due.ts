import type { Database } from "../../../storage/db.ts";
import { createBringForward, createPodLook, systemScope } from "../../door/access/index.ts";
import { OUTBOUND_LEASE_MS } from "./limits.ts";
import { type Lease, listPodsDue, renewLeases, waitingOutbound } from "./queue-store.ts";
import type { Judged } from "./record.ts";
import { findPodsOf } from "./record-store.ts";

/** @returns looks for pods (UUID) that have mail for other servers which is due; each look goes on where the one before ended */
export const createOutboundLook = (database: Database): (() => Promise<readonly string[]>) =>
  createPodLook(database, listPodsDue);

/** Makes deliveries due that wait for longer than any is put off: they were while the database's clock was ahead. */
export const createOutboundForward = (database: Database): (() => Promise<boolean>) =>
  createBringForward(database, waitingOutbound);

/** Says that this process still works on these. */
export const renewOutbound = (database: Database, leases: readonly Lease[]): Promise<void> =>
  database.transaction(systemScope, (tx) => renewLeases(tx, systemScope, leases, OUTBOUND_LEASE_MS));

/** Attempts whose rows were not found where they were taken, by the pod that they are in now; what was deleted is left out. */
export async function findMoved(
  database: Database,
  lost: readonly Judged[],
): Promise<ReadonlyMap<string, readonly Judged[]>> {
  const [first] = lost;
  if (first === undefined) return new Map();
  const { organizationId } = first.taken;
  const ids = lost.map(({ taken }) => taken.id);
  const pods = await database.readOnce(systemScope, (tx) => findPodsOf(tx, systemScope, organizationId, ids));
  const found = lost.filter(({ taken }) => pods.has(taken.id));
  return Map.groupBy(found, ({ taken }) => pods.get(taken.id) ?? taken.podId);
}
