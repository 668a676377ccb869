/** Job: delete pods whose grace is over, and what closed ones hold. */
import { deletionTime } from "../domain/door/access/index.ts";
import type { Door } from "../domain/door/door.ts";
import { eraseTurn } from "../domain/tenancy/pods/index.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Database } from "../storage/db.ts";
import type { Task } from "../storage/job-runner.ts";

export function erasePodsTask(parts: {
  readonly door: Door;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}): Task {
  return async () => {
    const now = await deletionTime(parts.database, parts.clock.now());
    const erased = await eraseTurn({ ...parts, now });
    if (erased.pods + erased.rows > 0) parts.log.info({ ...erased }, "pods deleted");
  };
}
