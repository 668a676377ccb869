import type { Database } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { MAX_PODS_FOUND, MAX_PODS_LOOKED_AT } from "../../limits.ts";
import { listPodsDue } from "./due-store.ts";

/** Sorts before every id. */
const FIRST = "00000000-0000-0000-0000-000000000000";

/** @returns looks for pods (UUID) that have drafts which are due; each look goes on where the one before ended */
export function createDraftLook(database: Database): () => Promise<readonly string[]> {
  let after = FIRST;
  return async () => {
    const look = { after, limit: MAX_PODS_FOUND, steps: MAX_PODS_LOOKED_AT };
    const { pods, last } = await database.readOnce(systemScope, (tx) => listPodsDue(tx, systemScope, look));
    after = last ?? FIRST;
    return pods;
  };
}
