/** Removes what tables without a foreign key hold of pods and inboxes that are gone. */
import type { Database } from "../../../storage/db.ts";
import type { Job } from "../../../storage/jobs.ts";
import { systemScope } from "./scope.ts";
import { sweepHomeRows } from "./store.ts";

/** One at a time is enough. */
const sweepJob: Job = { task: "sweep_homes", payload: {}, key: "sweep_homes" };

/** Enqueues a sweep: at each start, as a version before this one leaves rows behind while both run. */
export async function enqueueHomeSweep(database: Database): Promise<void> {
  await database.transaction(systemScope, (tx) => tx.enqueue([sweepJob]));
}

/** @returns the number of homes that something was left of */
export const sweepHomes = (database: Database): Promise<number> =>
  database.transaction(systemScope, (tx) => sweepHomeRows(tx, systemScope));
