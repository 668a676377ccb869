/** Job: delete a pod's bytes that nothing points at any more, and what is left of copies of deleted messages. */
import { systemScope } from "../domain/door/access/index.ts";
import { SWEEP_BATCH } from "../domain/limits.ts";
import { sweepBlobs } from "../domain/mail/blobs/index.ts";
import { sweepDeliveries } from "../domain/transit/deliveries/index.ts";
import type { Database } from "../storage/db.ts";
import type { Task } from "../storage/queue.ts";

export function sweepBlobsTask(database: Database): Task {
  return async ({ podId }) => {
    for (const sweep of [sweepDeliveries, sweepBlobs]) {
      const once = () =>
        database.transaction(systemScope, (tx) => sweep(tx, systemScope, String(podId), SWEEP_BATCH));
      while ((await once()) === SWEEP_BATCH);
    }
  };
}
