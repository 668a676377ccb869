/** Removes rows of deleted pods and inboxes from tables without a foreign key. */
import type { Database } from "../../../storage/db.ts";
import type { Job } from "../../../storage/jobs.ts";
import { LONG_STATEMENT_MS } from "../../limits.ts";
import { systemScope } from "./scope.ts";
import { sweepOwnedRows } from "./store.ts";

/** One queued sweep is enough. */
const sweepJob: Job = { task: "sweep_homes", payload: {}, key: "sweep_homes" };

/** Enqueues a sweep: at each start, as a version before this one leaves rows behind while both run. */
export async function enqueueOwnedSweep(database: Database): Promise<void> {
  await database.transaction(systemScope, (tx) => tx.enqueue([sweepJob]));
}

/** @returns the number of owners that had something left */
export const sweepOwned = (database: Database): Promise<number> =>
  database.transaction(systemScope, (tx) => sweepOwnedRows(tx, systemScope), {
    statementMs: LONG_STATEMENT_MS,
  });
