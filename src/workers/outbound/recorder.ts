/** Records attempts, those of a pod that end meanwhile together. What cannot be recorded is kept and tried again: forgotten, it would be sent twice. */
import { setTimeout as delay } from "node:timers/promises";
import { systemActor } from "../../domain/door/access/index.ts";
import type { Door } from "../../domain/door/door.ts";
import type { Warn } from "../../domain/door/failures.ts";
import {
  type DeliveryState,
  findMoved,
  type Judged,
  recordOutbound,
} from "../../domain/transit/outbound/index.ts";
import type { Database } from "../../storage/db.ts";
import { MAX_RECORDED, RECORD_RETRY_MS } from "../limits.ts";

export interface Recorder {
  /** Resolves when it is on record. Never rejects. */
  record(judged: Judged): Promise<void>;
  /** Tries no longer what cannot be recorded. Resolves when nothing is under way. */
  stop(): Promise<void>;
}

export interface RecorderParts {
  readonly door: Door;
  readonly database: Database;
  readonly warn: Warn;
  /** Told of the state of each delivery that an attempt, or keeping it here, came to. */
  readonly onRecorded?: (state: DeliveryState) => void;
}

interface Entry {
  readonly judged: Judged;
  readonly done: () => void;
}

const PART = "outbound delivery";

export function createRecorder(parts: RecorderParts): Recorder {
  /** By pod, what waits for the commit under way. */
  const waiting = new Map<string, Entry[]>();
  const running = new Map<string, Promise<void>>();
  let isStopping = false;
  const flush = async (podId: string): Promise<void> => {
    for (;;) {
      const all = waiting.get(podId) ?? [];
      const entries = all.splice(0, MAX_RECORDED);
      if (entries.length === 0) break;
      await recordWithRetry(
        parts,
        podId,
        entries.map(({ judged }) => judged),
        () => isStopping,
      );
      for (const { judged, done } of entries) {
        parts.onRecorded?.(judged.judgement.state);
        done();
      }
    }
    waiting.delete(podId);
    running.delete(podId);
  };
  return {
    record(judged) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const { podId } = judged.taken;
      const own = waiting.get(podId) ?? [];
      own.push({ judged, done: resolve });
      waiting.set(podId, own);
      if (!running.has(podId)) running.set(podId, flush(podId));
      return promise;
    },
    async stop() {
      isStopping = true;
      await Promise.all(running.values());
    },
  };
}

async function recordWithRetry(
  parts: RecorderParts,
  podId: string,
  judged: readonly Judged[],
  isStopping: () => boolean,
): Promise<void> {
  for (;;) {
    try {
      return await recordAll(parts, podId, judged);
    } catch (error) {
      parts.warn("attempts at other servers were not recorded; it is tried again", error);
      if (isStopping()) return;
      await delay(RECORD_RETRY_MS);
    }
  }
}

async function recordAll(parts: RecorderParts, podId: string, judged: readonly Judged[]): Promise<void> {
  const lost = await recordIn(parts, podId, judged, false);
  if (lost.length === 0) return;
  for (const [movedTo, own] of await findMoved(parts.database, lost))
    await recordIn(parts, movedTo, own, true);
}

async function recordIn(
  { door, database }: RecorderParts,
  podId: string,
  judged: readonly Judged[],
  isLast: boolean,
): Promise<readonly Judged[]> {
  const actor = await systemActor(database, PART, { podId });
  return actor === null ? [] : door.run(recordOutbound, actor, {}, { podId, judged, isLast });
}
