/** Indexes stored mail for search, in one process at a time, behind the mail that is being stored. */
import { setTimeout as pause } from "node:timers/promises";
import type { Warn } from "../domain/door/failures.ts";
import { INDEX_BATCH, INDEX_BATCH_IN_FLOOD, indexTurn } from "../domain/mail/search/index.ts";
import type { Clock } from "../lib/clock.ts";
import type { Database } from "../storage/db.ts";
import type { ProcessLocks } from "../storage/process-locks.ts";
import {
  ARRIVING_MS,
  INDEX_PAUSE,
  INDEX_PAUSE_BESIDE_MAIL,
  INDEX_PAUSE_IN_FLOOD,
  INDEX_PAUSE_MOST_MS,
} from "./limits.ts";

export interface MailIndexerParts {
  readonly database: Database;
  /** So that no other process does the same work: it would index nothing twice, and cost as much. */
  readonly locks: ProcessLocks;
  readonly clock: Clock;
  readonly warn: Warn;
}

export interface MailIndexer {
  /** There may be mail to index. */
  wake(): void;
  /** Begins no more turns. Resolves when the one under way has ended. */
  stop(): Promise<void>;
}

const LOCK = "search";

/** While mail arrives it is stored first: the index has a part of one connection's time then, hardly any in a flood, and catches up behind it. */
export function createMailIndexer({ database, locks, clock, warn }: MailIndexerParts): MailIndexer {
  const stopping = Promise.withResolvers<void>();
  let isStopping = false;
  let running: Promise<void> | null = null;
  /** Pods take turns: the next one begins behind this. */
  let after: string | null = null;
  let isFlood = false;

  const turns = async (): Promise<void> => {
    for (let hasMore = true; hasMore && !isStopping; ) {
      const began = clock.monotonicMs();
      const most = isFlood ? INDEX_BATCH_IN_FLOOD : INDEX_BATCH;
      const turn = await indexTurn(database, after, most);
      after = turn.after;
      hasMore = turn.after !== null || turn.count >= most;
      const isArriving = turn.newestMs !== null && clock.now().getTime() - turn.newestMs < ARRIVING_MS;
      isFlood = isArriving && turn.newestCount >= INDEX_BATCH_IN_FLOOD;
      const pauses = isFlood ? INDEX_PAUSE_IN_FLOOD : isArriving ? INDEX_PAUSE_BESIDE_MAIL : INDEX_PAUSE;
      const ms = Math.min((clock.monotonicMs() - began) * pauses, INDEX_PAUSE_MOST_MS);
      if (hasMore) await Promise.race([pause(ms, undefined, { ref: false }), stopping.promise]);
    }
  };
  const work = async (): Promise<void> => {
    if (!(await locks.tryLock(LOCK))) return;
    try {
      await turns();
    } finally {
      await locks.unlock(LOCK);
    }
  };
  return {
    wake() {
      if (isStopping) return;
      running ??= work()
        .catch((error: unknown) => warn("mail was not indexed for search; it is tried again", error))
        .finally(() => {
          running = null;
        });
    },
    async stop() {
      isStopping = true;
      stopping.resolve();
      await running;
    },
  };
}
