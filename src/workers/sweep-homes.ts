/** Job: delete the addresses, keys, names and webhooks of pods and inboxes that are gone. */
import { sweepHomes } from "../domain/door/access/index.ts";
import type { Database } from "../storage/db.ts";
import type { Task } from "../storage/job-runner.ts";

export function sweepHomesTask(database: Database): Task {
  return async () => {
    await sweepHomes(database);
  };
}
