/** Job: delete rows that are past their retention, and what is left of deleted inboxes. */
import { deletionTime } from "../domain/door/access/index.ts";
import { type PruneParts, pruneTurn } from "../domain/fleet/retention/index.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Task } from "../storage/job-runner.ts";

export function pruneTask({
  clock,
  log,
  ...parts
}: Pick<PruneParts, "database" | "retention" | "limits" | "newId"> & {
  readonly clock: Clock;
  readonly log: Log;
}): Task {
  return async ({ after }) => {
    const now = await deletionTime(parts.database, clock.now());
    const pruned = await pruneTurn({ ...parts, now }, String(after));
    if (Object.values(pruned).some((rows) => rows > 0)) log.info({ ...pruned }, "old rows deleted");
  };
}
