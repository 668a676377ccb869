/** Looks for pods that have something due, which are asked for before any pod is known. */
import type { Forwarding } from "../../../storage/clock-set-back.ts";
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

/**
 * @param rows that wait for a time which a wrong clock may have given
 * @returns brings those forward that wait for longer than they can, and says whether there may be more of them
 */
export function createBringForward(database: Database, rows: Forwarding): () => Promise<boolean> {
  const podsAhead = createPodLook(database, (tx, scope, look) => rows.list(tx, scope, look));
  return async () => {
    let isMore = false;
    for (const podId of await podsAhead())
      isMore =
        (await database.transaction(systemScope, (tx) => rows.bring(tx, systemScope, podId))) || isMore;
    return isMore;
  };
}
