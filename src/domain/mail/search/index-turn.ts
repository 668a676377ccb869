/**
 * Indexing: messages are queued by the transaction that stores them and indexed behind it, many at once, because the index takes as
 * long as all the rest of storing a message. See docs/decisions/0046-search.md.
 */
import { firstIdAt } from "../../../lib/uuid.ts";
import type { Database } from "../../../storage/db.ts";
import type { Job } from "../../../storage/jobs.ts";
import { systemScope } from "../../door/access/index.ts";
import { LONG_STATEMENT_MS } from "../../limits.ts";
import { findDocuments } from "./document-store.ts";
import { earliest } from "./hit.ts";
import { insertDocuments, listPodsToIndex, listToIndex, queueMissed, unqueue } from "./index-store.ts";
import {
  FLOOD_MS,
  INDEX_BATCH,
  INDEX_LOCK_MS,
  INDEX_PODS,
  MISSED_LOOK_MS,
  MISSED_MAIL_MS,
} from "./limits.ts";

export interface IndexTurn {
  /** Messages that were taken off the queue. */
  readonly count: number;
  /** The last pod looked at; null: those with the highest ids were among them. */
  readonly after: string | null;
  /** When the newest of them was stored, milliseconds since 1970; null without any. */
  readonly newestMs: number | null;
  /** How many of them were stored within FLOOD_MS of that. */
  readonly newestCount: number;
}

/**
 * Indexes the newest queued messages of the next pods, as many of each. All or none: a process that is killed has indexed nothing and taken
 * nothing off the queue, and two that do the same index each message once.
 * @param after pod behind which to go on
 * @param most messages; where there are more pods, one of each
 */
export async function indexTurn(
  database: Database,
  after: string | null,
  most = INDEX_BATCH,
): Promise<IndexTurn> {
  return database.transaction(
    systemScope,
    async (tx) => {
      const pods = await listPodsToIndex(tx, systemScope, after ?? earliest.id, INDEX_PODS);
      const share = Math.ceil(most / Math.max(1, pods.length));
      const keys = await listToIndex(tx, systemScope, pods, share);
      if (keys.length > 0) {
        await unqueue(tx, systemScope, keys);
        await insertDocuments(tx, systemScope, await findDocuments(tx, systemScope, keys));
      }
      const stored = keys.map(({ id }) => msOf(id));
      const newestMs = stored.length === 0 ? null : Math.max(...stored);
      return {
        count: keys.length,
        after: pods.length < INDEX_PODS ? null : (pods.at(-1) ?? null),
        newestMs,
        newestCount: stored.filter((ms) => newestMs !== null && newestMs - ms < FLOOD_MS).length,
      };
    },
    { isRepeatable: true, lockMs: INDEX_LOCK_MS },
  );
}

/** The time in a UUID of version 7 (RFC 9562 section 5.7). */
const msOf = (id: string): number => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);

/** Enqueues the looks for mail that was not queued: now, and once a version before this one has surely ended. */
export async function enqueueMissedLooks(database: Database): Promise<void> {
  const look = (key: string, delayMs: number): Job => ({ task: "index_missed", payload: {}, key, delayMs });
  const looks = [look("index_missed", 0), look("index_missed_later", MISSED_LOOK_MS)];
  await database.transaction(systemScope, (tx) => tx.enqueue(looks));
}

/** Queues what a version before this one stored while both ran, which knew of no queue. @param nowMs since 1970 */
export function queueMissedMail(database: Database, nowMs: number): Promise<void> {
  return database.transaction(
    systemScope,
    (tx) => queueMissed(tx, systemScope, firstIdAt(nowMs - MISSED_MAIL_MS)),
    { isRepeatable: true, statementMs: LONG_STATEMENT_MS },
  );
}
