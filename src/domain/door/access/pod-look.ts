/** Looks for pods that have something due, which are asked for before any pod is known. */
import type { Database, Tx } from "../../../storage/db.ts";
import type { PodLook, PodsDue } from "../../../storage/pods-due.ts";
import { MAX_PODS_FOUND, MAX_PODS_LOOKED_AT } from "../../limits.ts";
import { type SystemScope, systemScope } from "./scope.ts";

/** Sorts before every id. */
const FIRST = "00000000-0000-0000-0000-000000000000";

/** @returns looks for pods (UUID) that have something due; each look goes on where the one before ended */
export function createPodLook(
  database: Database,
  list: (tx: Tx, scope: SystemScope, look: PodLook) => Promise<PodsDue>,
): () => Promise<readonly string[]> {
  let after = FIRST;
  return async () => {
    const look = { after, limit: MAX_PODS_FOUND, steps: MAX_PODS_LOOKED_AT };
    const { pods, last } = await database.readOnce(systemScope, (tx) => list(tx, systemScope, look));
    after = last ?? FIRST;
    return pods;
  };
}
