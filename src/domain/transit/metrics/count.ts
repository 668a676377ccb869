/** Counts what happened and what is held, once an hour: see docs/decisions/0048-metrics.md. */
import type { Database, Tx } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { LONG_STATEMENT_MS, MAX_PRUNE_BATCHES, METRIC_DAYS, PRUNE_BATCH } from "../../limits.ts";
import {
  countHours,
  deleteOldHours,
  deleteOldUsage,
  findCountedTo,
  firstEventAt,
  noteUsage,
  setCounted,
  settleUsage,
} from "./count-store.ts";

export interface CountParts {
  readonly database: Database;
  readonly now: Date;
  /** Days that events are kept; 0: for ever. */
  readonly eventDays: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Counted again, for what was committed behind the hour it happened in. No transaction takes as long. */
const COUNTED_AGAIN_MS = 2 * HOUR_MS;

/** Days of one statement: a million events of a day take it a second or two. */
const STEP_MS = DAY_MS;

/**
 * Counts what happened in an organization since it was counted last, what of this hour is there among that, and notes what it holds.
 * To be run before old events are deleted: what is counted outlives them. Done twice it comes to the same.
 */
export async function countOrganization(
  { database, now, eventDays }: CountParts,
  organizationId: string,
): Promise<void> {
  const run = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    database.transaction(systemScope, work, { statementMs: LONG_STATEMENT_MS, isRepeatable: true });
  const oldest = new Date(now.getTime() - METRIC_DAYS * DAY_MS);
  const begin = await run(async (tx) => {
    const to = await findCountedTo(tx, systemScope, organizationId);
    return to === null
      ? await firstEventAt(tx, systemScope, organizationId, oldest)
      : new Date(to.getTime() - COUNTED_AGAIN_MS);
  });
  for (let ms = hourOf(begin ?? now); ms < now.getTime(); ms += STEP_MS) {
    const step = { start: new Date(ms), end: new Date(Math.min(ms + STEP_MS, now.getTime() + 1)) };
    await run((tx) => countHours(tx, systemScope, organizationId, step));
  }
  // Those that go from now on are older by what the pruning takes.
  const eventsFrom =
    eventDays === 0 ? null : new Date(hourOf(new Date(now.getTime() - eventDays * DAY_MS)) + HOUR_MS);
  await run(async (tx) => {
    await settleUsage(tx, systemScope, organizationId);
    await noteUsage(tx, systemScope, organizationId, now);
    await setCounted(tx, systemScope, organizationId, new Date(hourOf(now)), eventsFrom);
  });
  for (const deleteOld of [deleteOldHours, deleteOldUsage])
    for (let left = MAX_PRUNE_BATCHES; left > 0; left--) {
      const rows = await run((tx) => deleteOld(tx, systemScope, organizationId, oldest, PRUNE_BATCH));
      if (rows < PRUNE_BATCH) break;
    }
}

const hourOf = (at: Date): number => Math.floor(at.getTime() / HOUR_MS) * HOUR_MS;
