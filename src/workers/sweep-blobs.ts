/** Job: delete a pod's bytes that nothing points at any more, and what is left of copies of deleted messages. */
import type { Door } from "../domain/door/door.ts";
import { sweepBlobs } from "../domain/mail/blobs/index.ts";
import { sweepDeliveries } from "../domain/transit/deliveries/index.ts";
import type { Database } from "../storage/db.ts";
import type { Task } from "../storage/job-runner.ts";

export function sweepBlobsTask({ door, database }: { door: Door; database: Database }): Task {
  return async ({ podId }) => {
    await sweepDeliveries(door, database, String(podId));
    await sweepBlobs(database, String(podId));
  };
}
