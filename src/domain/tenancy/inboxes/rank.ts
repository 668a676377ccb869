/**
 * Counting inboxes, so that a page by offset begins near its first row: triggers note what comes and goes, and once that is much,
 * all of the organization's inboxes are counted anew. See docs/decisions/0034-pages-by-offset.md.
 */
import type { Database } from "../../../storage/db.ts";
import type { Job } from "../../../storage/jobs.ts";
import { systemScope } from "../../door/access/index.ts";
import { MAX_ORGANIZATIONS } from "../../limits.ts";
import { RANK_INTERVAL_MS, RANK_STATEMENT_MS, RANK_STEP } from "./limits.ts";
import { findOrganizationsToRank, rankInboxes } from "./offset-store.ts";

/** One such job is queued, over all processes. */
const rankJob = (delayMs: number): Job => ({
  task: "rank_inboxes",
  payload: {},
  key: "rank_inboxes",
  delayMs,
});

/** Enqueues the first look: at each start, so that they go on whatever became of the job before. */
export async function enqueueRanking(database: Database): Promise<void> {
  await database.transaction(systemScope, (tx) => tx.enqueue([rankJob(0)]));
}

/** Counts the inboxes of each organization where it is time to, and enqueues the next look. */
export async function rankTurn(database: Database): Promise<void> {
  const due = await database.readOnce(systemScope, (tx) =>
    findOrganizationsToRank(tx, systemScope, MAX_ORGANIZATIONS),
  );
  for (const organizationId of due)
    await database.transaction(systemScope, (tx) => rankInboxes(tx, systemScope, organizationId, RANK_STEP), {
      isRepeatable: true,
      statementMs: RANK_STATEMENT_MS,
    });
  await database.transaction(systemScope, (tx) => tx.enqueue([rankJob(RANK_INTERVAL_MS)]));
}
