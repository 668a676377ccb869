/** Job: delete a pod's bytes that nothing points at any more. */
import { systemScope } from "../domain/access/index.ts";
import { SWEEP_BATCH } from "../domain/limits.ts";
import { sweepBlobs } from "../domain/messages/index.ts";
import type { Database } from "../storage/db.ts";
import type { Task } from "../storage/queue.ts";

export function sweepBlobsTask(database: Database): Task {
  return async ({ podId }) => {
    const sweep = () =>
      database.transaction(systemScope, (tx) => sweepBlobs(tx, systemScope, String(podId), SWEEP_BATCH));
    while ((await sweep()) === SWEEP_BATCH);
  };
}
