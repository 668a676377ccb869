/**
 * Retention: what grows with every request is deleted when it is old enough, in small transactions of turns that let other jobs
 * run in between. What stays, and for how long, is in docs/guides/retention.md.
 */
import { firstIdAt } from "../../../lib/uuid.ts";
import type { Database, Tx } from "../../../storage/db.ts";
import type { Job } from "../../../storage/jobs.ts";
import { systemScope } from "../../door/access/index.ts";
import type { MailLimits } from "../../door/mail-limits.ts";
import { expiryOf, findLimitsOfPods } from "../../guardrails/policies/index.ts";
import { IDEMPOTENCY_HOURS, MAX_ORGANIZATIONS, MAX_PRUNE_BATCHES, PRUNE_BATCH } from "../../limits.ts";
import { sweepJob } from "../../mail/blobs/index.ts";
import { deleteEndedFiles } from "../../mail/files/index.ts";
import { eraseNow } from "../../tenancy/pods/index.ts";
import { deleteOldDrafts } from "../../transit/drafts/index.ts";
import { countOrganization } from "../../transit/metrics/index.ts";
import { expireMessages } from "./expire.ts";
import {
  EXPIRED_KEY_DAYS,
  OUTBOUND_COUNTS_DAYS,
  PRUNE_INTERVAL_MS,
  PRUNE_PODS,
  RETENTION_BATCH,
} from "./limits.ts";
import {
  type Bounds,
  type DuePod,
  deleteEventsOf,
  deleteExpiredApiKeys,
  deleteOldAudit,
  deleteOldCounts,
  deleteOldEvaluations,
  deleteOldEvents,
  deleteOldKeys,
  deleteSpentReceipts,
  findGoneInboxes,
  listOrganizationIds,
  nextPods,
} from "./store.ts";

/** Days that rows are kept; 0 keeps them for ever. */
export interface Retention {
  readonly eventDays: number;
  readonly auditDays: number;
  readonly evaluationDays: number;
}

export interface PruneParts {
  readonly database: Database;
  readonly retention: Retention;
  /** What holds for the mail of pods without a policy. */
  readonly limits: MailLimits;
  readonly newId: () => string;
  readonly now: Date;
}

/** Rows that were deleted; those of deliveries and attempts go with their events. */
export interface Pruned {
  readonly events: number;
  readonly idempotencyKeys: number;
  readonly auditRows: number;
  readonly evaluations: number;
  readonly outboundCounts: number;
  readonly messages: number;
  readonly drafts: number;
  /** Files that expired, or were not completed in time. */
  readonly files: number;
  /** API keys that expired long ago. */
  readonly apiKeys: number;
  /** Receipts whose keys are gone. */
  readonly receipts: number;
}

/** Sorts before every id. */
const FIRST = "00000000-0000-0000-0000-000000000000";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const daysBefore = (now: Date, days: number): number | null =>
  days === 0 ? null : now.getTime() - days * DAY_MS;

/** One pruning is queued, over all processes. */
const pruneJob = (after: string, delayMs: number): Job => ({
  task: "prune",
  payload: { after },
  key: "prune",
  delayMs,
});

/** Enqueues pruning from the beginning: at each start, so that it goes on whatever became of the job before. */
export async function enqueuePruning(database: Database): Promise<void> {
  await database.transaction(systemScope, (tx) => tx.enqueue([pruneJob(FIRST, 0)]));
}

/**
 * Deletes what is due of the next pods, as much as one turn may, and enqueues the next turn: at once while there is more, else in
 * an hour. Done twice, it finds nothing the second time.
 * @param after payload of the job: the last pod (UUID) that is done
 */
export async function pruneTurn(parts: PruneParts, after: string): Promise<Pruned> {
  const { database } = parts;
  const turn = createTurn(database);
  const next = (await pruneOrganizations(parts, turn, after)) ? await prunePods(parts, turn, after) : after;
  const job = next === null ? pruneJob(FIRST, PRUNE_INTERVAL_MS) : pruneJob(next, 0);
  // Whatever became of the jobs before: what is to be deleted stands in the pods' rows.
  const jobs = after === FIRST ? [job, eraseNow] : [job];
  await database.transaction(systemScope, (tx) => tx.enqueue(jobs));
  return turn.pruned;
}

interface Turn {
  readonly pruned: Readonly<Record<keyof Pruned, number>>;
  /** Deletes batches until one is not full. @param size rows of a full one. @returns false when the turn ended before */
  readonly all: (kind: keyof Pruned, batch: (tx: Tx) => Promise<number>, size?: number) => Promise<boolean>;
}

function createTurn(database: Database): Turn {
  const pruned = {
    ...{ events: 0, idempotencyKeys: 0, auditRows: 0, evaluations: 0 },
    ...{ outboundCounts: 0, messages: 0, drafts: 0, files: 0, apiKeys: 0, receipts: 0 },
  };
  let left = MAX_PRUNE_BATCHES;
  return {
    pruned,
    async all(kind, batch, size = PRUNE_BATCH) {
      while (left-- > 0) {
        const rows = await database.transaction(systemScope, batch);
        pruned[kind] += rows;
        if (rows < size) return true;
      }
      return false;
    },
  };
}

/** What is no pod's, in the turn that begins with the first pod. @returns whether all is done */
async function pruneOrganizations(
  { database, retention, now }: PruneParts,
  turn: Turn,
  after: string,
): Promise<boolean> {
  if (after !== FIRST) return true;
  const before = daysBefore(now, retention.auditDays);
  const expiredBefore = new Date(now.getTime() - EXPIRED_KEY_DAYS * DAY_MS);
  const organizations = await database.readOnce(systemScope, (tx) =>
    listOrganizationIds(tx, systemScope, MAX_ORGANIZATIONS),
  );
  for (const id of organizations) {
    await countOrganization({ database, now, eventDays: retention.eventDays }, id);
    const keys = (tx: Tx) => deleteExpiredApiKeys(tx, systemScope, id, expiredBefore, PRUNE_BATCH);
    if (!(await turn.all("apiKeys", keys))) return false;
    const receipts = (tx: Tx) => deleteSpentReceipts(tx, systemScope, id, PRUNE_BATCH);
    if (!(await turn.all("receipts", receipts))) return false;
    if (before === null) continue;
    const audit = (tx: Tx) => deleteOldAudit(tx, systemScope, id, new Date(before), PRUNE_BATCH);
    if (!(await turn.all("auditRows", audit))) return false;
  }
  return true;
}

/** @returns the last pod that is done, or null when there are no more */
async function prunePods(parts: PruneParts, turn: Turn, after: string): Promise<string | null> {
  const { database, retention, now } = parts;
  const eventsBefore = daysBefore(now, retention.eventDays);
  const evaluationsBefore = daysBefore(now, retention.evaluationDays);
  const bounds: Bounds = {
    eventId: eventsBefore === null ? null : firstIdAt(eventsBefore),
    evaluationId: evaluationsBefore === null ? null : firstIdAt(evaluationsBefore),
    idempotencyKeys: new Date(now.getTime() - IDEMPOTENCY_HOURS * HOUR_MS),
    outboundCounts: new Date(now.getTime() - OUTBOUND_COUNTS_DAYS * DAY_MS),
    files: now,
  };
  const pods = await database.readOnce(systemScope, (tx) =>
    nextPods(tx, systemScope, after, bounds, PRUNE_PODS),
  );
  const limitsOf = await database.readOnce(systemScope, (tx) =>
    findLimitsOfPods(
      tx,
      systemScope,
      pods.map(({ id }) => id),
      parts.limits,
    ),
  );
  let done = after;
  for (const pod of pods) {
    if (!(await prunePod(database, turn, pod, bounds))) return done;
    const days = expiryOf(limitsOf.get(pod.id) ?? parts.limits, now);
    const expire = (tx: Tx) => expireMessages(tx, systemScope, pod.id, days, parts);
    if (days !== null && !(await turn.all("messages", expire, RETENTION_BATCH))) return done;
    const before = days?.storedBefore ?? null;
    if (before !== null && !(await turn.all("drafts", (tx) => expireDrafts(tx, pod.id, before)))) return done;
    done = pod.id;
  }
  return pods.length < PRUNE_PODS ? null : done;
}

/** Drafts that nobody changed for as long as mail is kept, but for those that are still to be sent. @returns how many */
async function expireDrafts(tx: Tx, podId: string, before: Date): Promise<number> {
  const dropped = await deleteOldDrafts(tx, systemScope, podId, before, PRUNE_BATCH);
  if (dropped > 0) tx.beforeCommit(tx.enqueue([sweepJob(podId)]));
  return dropped;
}

/** @returns how many had ended */
async function endFiles(tx: Tx, podId: string, now: Date): Promise<number> {
  const ended = await deleteEndedFiles(tx, systemScope, podId, now, PRUNE_BATCH);
  if (ended > 0) tx.beforeCommit(tx.enqueue([sweepJob(podId)]));
  return ended;
}

/** @returns whether all is done */
async function prunePod(database: Database, turn: Turn, pod: DuePod, bounds: Bounds): Promise<boolean> {
  const { id } = pod;
  const { eventId, evaluationId, idempotencyKeys } = bounds;
  const keys = (tx: Tx) => deleteOldKeys(tx, systemScope, id, idempotencyKeys, PRUNE_BATCH);
  if (pod.has_old_keys && !(await turn.all("idempotencyKeys", keys))) return false;
  if (pod.has_old_events && eventId !== null) {
    const events = (tx: Tx) => deleteOldEvents(tx, systemScope, id, eventId, PRUNE_BATCH);
    if (!(await turn.all("events", events))) return false;
  }
  if (pod.has_old_evaluations && evaluationId !== null) {
    const evaluations = (tx: Tx) => deleteOldEvaluations(tx, systemScope, id, evaluationId, PRUNE_BATCH);
    if (!(await turn.all("evaluations", evaluations))) return false;
  }
  if (pod.has_ended_files && !(await turn.all("files", (tx) => endFiles(tx, id, bounds.files)))) return false;
  const counts = (tx: Tx) => deleteOldCounts(tx, systemScope, id, bounds.outboundCounts, PRUNE_BATCH);
  if (pod.has_old_counts && !(await turn.all("outboundCounts", counts))) return false;
  const gone = await database.readOnce(systemScope, (tx) =>
    findGoneInboxes(tx, systemScope, id, PRUNE_BATCH),
  );
  return (
    gone.length === 0 || turn.all("events", (tx) => deleteEventsOf(tx, systemScope, id, gone, PRUNE_BATCH))
  );
}
