/** Asks name servers once for all who want the same at the same time, keeps the answers for a while, and shares the look-ups fairly among tenants. */
import { LRUCache } from "lru-cache";
import type { Clock } from "../../lib/clock.ts";
import { createFairQueue, type FairQueue } from "../../lib/fair-queue.ts";

/** Look-ups at once in a process: one tenant alone has half, and one that has none gets one at once. At 50 ms each, 1,280 a second. */
const LOOK_UPS = 64;
/** Look-ups of one tenant that wait: what some hundred mails ask at once. */
const MAX_WAITING = 1000;
/** Answers of one memory that are kept, and their bytes: a TXT answer may have 64 KB. */
const MAX_ANSWERS = 5000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** An answer, or that there was none: servers failed, or too many of the tenant's look-ups wait. */
interface AnyAnswer {
  readonly kind: string;
}
interface Failed {
  readonly kind: "failed";
  readonly why: string;
}

export interface SharedParts<Answer extends AnyAnswer> {
  readonly clock: Clock;
  /** Several memories may share it. */
  readonly queue: FairQueue;
  /** Milliseconds that an answer of each kind is kept. */
  readonly keptMs: Readonly<Record<Answer["kind"], number>>;
  /** Bytes that an answer holds, about. */
  readonly sizeOf: (answer: Answer) => number;
}

export interface SharedQuestion {
  /** Names the answer: the same for all who want the same. */
  readonly key: string;
  /** Whose share of the look-ups it takes: id of the pod. */
  readonly tenant: string;
  /** Milliseconds: no older answer is taken from those kept. Absent: any that is kept. */
  readonly maxAgeMs?: number | undefined;
}

/** @param ask gives the answer over the network; never rejects */
type SharedAnswers<Answer> = (
  question: SharedQuestion,
  ask: () => Promise<Answer>,
) => Promise<Answer | Failed>;

export const createLookUpQueue = (): FairQueue => createFairQueue(LOOK_UPS, MAX_WAITING);

export function createSharedAnswers<Answer extends AnyAnswer>(
  parts: SharedParts<Answer>,
): SharedAnswers<Answer> {
  const { clock, queue } = parts;
  const keptMs = (answer: Answer): number => parts.keptMs[answer.kind as Answer["kind"]];
  const answers = new LRUCache<string, { readonly answer: Answer; readonly atMs: number }>({
    max: MAX_ANSWERS,
    maxSize: MAX_ANSWER_BYTES,
    sizeCalculation: ({ answer }) => parts.sizeOf(answer),
  });
  const underWay = new Map<string, Promise<Answer>>();
  const kept = (key: string, maxAgeMs: number): Answer | null => {
    const found = answers.get(key);
    if (found === undefined) return null;
    const ageMs = clock.monotonicMs() - found.atMs;
    return ageMs < Math.min(maxAgeMs, keptMs(found.answer)) ? found.answer : null;
  };
  const askNow = async (key: string, ask: () => Promise<Answer>): Promise<Answer> => {
    const answer = await ask();
    answers.set(key, { answer, atMs: clock.monotonicMs() });
    return answer;
  };
  return async ({ key, tenant, maxAgeMs = Number.POSITIVE_INFINITY }, ask) => {
    const known = kept(key, maxAgeMs);
    if (known !== null) return known;
    const askedAtMs = clock.monotonicMs();
    try {
      await queue.acquire(tenant);
    } catch {
      return { kind: "failed", why: "too many look-ups of the same tenant are waiting" };
    }
    try {
      // All who wait for one answer hold a share of their own, so that none waits in another tenant's queue.
      const meanwhile = kept(key, Math.max(maxAgeMs, clock.monotonicMs() - askedAtMs));
      if (meanwhile !== null) return meanwhile;
      const running = underWay.get(key) ?? askNow(key, ask).finally(() => underWay.delete(key));
      underWay.set(key, running);
      return await running;
    } finally {
      queue.release(tenant);
    }
  };
}
