/**
 * The job that deletes pods: closes those whose grace is over, then empties what is closed, in small transactions. Each is done or it is
 * not, and what is left stands in the rows, so that whoever comes after a killed process goes on.
 */
import type { Database } from "../../../storage/db.ts";
import { systemActorAcrossPods, systemScope } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import { DISSOLVE_LOOK_MS, LONG_STATEMENT_MS } from "../../limits.ts";
import {
  type ClosedPod,
  deleteSomeOf,
  deleteWhole,
  findClosed,
  findOverdue,
  lockErasing,
} from "./ending-store.ts";
import { eraseOverdue } from "./erase.ts";
import { eraseNow } from "./erase-job.ts";
import { ERASE_BATCH, ERASED_PODS, MAX_ERASE_BATCHES, MAX_PODS_CLOSED } from "./limits.ts";

export interface EraseParts {
  readonly door: Door;
  readonly database: Database;
  readonly now: Date;
}

/** What one turn deleted. */
export interface Erased {
  /** Pods that are gone. */
  readonly pods: number;
  /** Rows of pods that were too large for one transaction. */
  readonly rows: number;
}

/** Does as much as one job may, and enqueues the next while there is more. */
export async function eraseTurn(parts: EraseParts): Promise<Erased> {
  const { database } = parts;
  await closeOverdue(parts);
  const sum = { pods: 0, rows: 0 };
  for (let batch = 0; batch < MAX_ERASE_BATCHES; batch++) {
    const step = await eraseBatch(database);
    sum.pods += step.pods;
    sum.rows += step.rows;
    if (step.state === "done") return sum;
    if (step.state === "waits") break;
    if (batch < MAX_ERASE_BATCHES - 1) continue;
    await enqueue(database, 0);
    return sum;
  }
  await enqueue(database, DISSOLVE_LOOK_MS);
  return sum;
}

const enqueue = (database: Database, delayMs: number): Promise<void> =>
  database.transaction(systemScope, (tx) => tx.enqueue([{ ...eraseNow, delayMs }]));

async function closeOverdue({ door, database, now }: EraseParts): Promise<void> {
  const overdue = await database.readOnce(systemScope, (tx) =>
    findOverdue(tx, systemScope, now, MAX_PODS_CLOSED),
  );
  for (const [organizationId, pods] of Map.groupBy(overdue, (pod) => pod.organizationId)) {
    const actor = await systemActorAcrossPods(database, "offboarding", organizationId);
    if (actor !== null) await door.run(eraseOverdue, actor, {}, { ids: pods.map(({ id }) => id) });
  }
}

interface Step extends Erased {
  /** "waits": for inboxes on their way into or out of what is left. */
  readonly state: "more" | "waits" | "done";
}

/** One transaction. */
async function eraseBatch(database: Database): Promise<Step> {
  return database.transaction(
    systemScope,
    async (tx) => {
      // The other goes on with all of it.
      if (!(await lockErasing(tx, systemScope))) return { pods: 0, rows: 0, state: "done" };
      const pods = await findClosed(tx, systemScope, ERASED_PODS, ERASE_BATCH + 1);
      const free = pods.filter(({ isMoving }) => !isMoving);
      const [first] = free;
      if (first === undefined) return { pods: 0, rows: 0, state: pods.length === 0 ? "done" : "waits" };
      const small = wholeOnes(free);
      if (small.length === 0) {
        const rows = await deleteSomeOf(tx, systemScope, first.id, ERASE_BATCH);
        return { pods: 0, rows, state: "more" };
      }
      await deleteWhole(tx, systemScope, small);
      return { pods: small.length, rows: 0, state: "more" };
    },
    { statementMs: LONG_STATEMENT_MS },
  );
}

/** Ids of the first pods that together hold no more than a transaction deletes. */
function wholeOnes(pods: readonly ClosedPod[]): string[] {
  let rows = 0;
  const fitting = pods.findIndex((pod) => {
    rows += pod.rows;
    return rows > ERASE_BATCH;
  });
  return pods.slice(0, fitting === -1 ? pods.length : fitting).map(({ id }) => id);
}
