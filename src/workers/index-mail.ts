/** Indexes stored mail for search, in one process at a time, behind the mail that is being stored. */
import { setTimeout as pause } from "node:timers/promises";
import type { Warn } from "../domain/door/failures.ts";
import { INDEX_BATCH, type IndexTurn, indexTurn } from "../domain/mail/search/index.ts";
import type { Clock } from "../lib/clock.ts";
import type { Database } from "../storage/db.ts";
import type { ProcessLocks } from "../storage/process-locks.ts";
import { ARRIVING_MS, INDEX_PAUSE, INDEX_PAUSE_BESIDE_MAIL } from "./limits.ts";

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

/** While mail arrives it is stored first: the index has a part of one connection's time then, and catches up behind it. */
export function createMailIndexer({ database, locks, clock, warn }: MailIndexerParts): MailIndexer {
  const stopping = Promise.withResolvers<void>();
  let isStopping = false;
  let running: Promise<void> | null = null;
  /** Pods take turns: the next one begins behind this. */
  let after: string | null = null;

  const turns = async (): Promise<void> => {
    for (let hasMore = true; hasMore && !isStopping; ) {
      const began = clock.monotonicMs();
      const turn = await indexTurn(database, after);
      after = turn.after;
      hasMore = turn.after !== null || turn.count >= INDEX_BATCH;
      const ms = (clock.monotonicMs() - began) * pauseFactor(turn, clock.now().getTime());
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

const pauseFactor = ({ newestMs }: IndexTurn, nowMs: number): number =>
  newestMs !== null && nowMs - newestMs < ARRIVING_MS ? INDEX_PAUSE_BESIDE_MAIL : INDEX_PAUSE;
