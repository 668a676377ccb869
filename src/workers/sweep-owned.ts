/** Job: delete the addresses, keys, client ids and webhooks of deleted pods and inboxes. */
import { sweepOwned } from "../domain/door/access/index.ts";
import type { Database } from "../storage/db.ts";
import type { Task } from "../storage/job-runner.ts";

export function sweepOwnedTask(database: Database): Task {
  return async () => {
    await sweepOwned(database);
  };
}
