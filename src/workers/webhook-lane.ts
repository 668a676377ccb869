/**
 * A lane of webhook attempts: pods take turns in it, in a pod its endpoints do, and each holds its share of the slots only. What
 * may not begin stays a row that is due, and holds nothing.
 */
import type { DeliveryJob } from "../domain/notify/webhooks/index.ts";
import { Counter } from "../lib/counter.ts";
import { createFairShare } from "../lib/fair-share.ts";
import { createTurnTaking } from "../lib/turn-taking.ts";
import type { PodsUnderWay } from "./pods-under-way.ts";

export interface WebhookLane {
  /** Has the pod's deliveries looked for. */
  wake(podId: string): void;
  /** Begins no more attempts. Resolves when no look is under way; attempts may be. */
  stop(): Promise<void>;
}

/** What of a pod is looked for. */
export interface Look {
  readonly podId: string;
  readonly except: readonly DeliveryJob[];
  /** Endpoints that may hold no more slots. */
  readonly exceptWebhooks: readonly string[];
  /** The endpoint that was served last (UUID). */
  readonly after: string;
  readonly limit: number;
}

export interface WebhookLaneParts {
  /** Attempts at once. */
  readonly slots: number;
  /** Attempts at once at one endpoint, whatever is free. */
  readonly perEndpoint: number;
  readonly find: (look: Look) => Promise<readonly DeliveryJob[]>;
  /** False when this one may not begin now. Then it is begun after another attempt of its pod has ended. */
  readonly mayBegin: (job: DeliveryJob) => boolean;
  /** @param leaveSlot to be called when the attempt goes on without a slot. Never rejects. */
  readonly attempt: (job: DeliveryJob, leaveSlot: () => void) => Promise<void>;
  readonly pods: PodsUnderWay;
  readonly onFailure: (error: unknown) => void;
}

/** Attempts that one look begins: then other pods have their turn. */
const MAX_BEGUN = 8;
/** Looks at once: each is a query of a millisecond. */
const LOOKS = 4;
const NO_ENDPOINT = "00000000-0000-0000-0000-000000000000";

export function createWebhookLane(parts: WebhookLaneParts): WebhookLane {
  const { slots, perEndpoint, pods } = parts;
  const podShare = createFairShare(slots);
  const endpointShare = createFairShare(slots);
  const held = { pods: new Counter(), endpoints: new Counter() };
  /** Pods that have more than they may begin: they look again when one of their attempts ends. */
  const withMore = new Set<string>();
  /** Pods that found no slot free and hold none, in the order in which they get one. */
  const waiting = new Set<string>();
  /** By pod that has attempts under way: the endpoint that was served last. */
  const served = new Map<string, string>();

  const begin = (job: DeliveryJob): boolean => {
    const { podId, webhookId } = job;
    if (held.endpoints.of(webhookId) >= perEndpoint || !endpointShare.tryAcquire(webhookId)) return false;
    if (!parts.mayBegin(job)) {
      endpointShare.release(webhookId);
      return false;
    }
    held.pods.add(podId);
    held.endpoints.add(webhookId);
    served.set(podId, webhookId);
    pods.begin(job);
    let hasSlot = true;
    const leaveSlot = (): void => {
      if (!hasSlot) return;
      hasSlot = false;
      held.pods.remove(podId);
      held.endpoints.remove(webhookId);
      endpointShare.release(webhookId);
      freeSlots(podId, 1);
    };
    void parts.attempt(job, leaveSlot).then(() => {
      pods.end(job);
      leaveSlot();
      if (held.pods.of(podId) === 0) served.delete(podId);
      if (withMore.delete(podId)) turns.wake(podId);
    });
    return true;
  };

  const freeSlots = (podId: string, count: number): void => {
    podShare.release(podId, count);
    // Those that hold none before those that want more.
    for (const next of [...waiting].slice(0, count)) {
      waiting.delete(next);
      turns.wake(next);
    }
    if (withMore.delete(podId)) turns.wake(podId);
  };

  const acquireSlots = (podId: string): number => {
    let count = 0;
    while (count < MAX_BEGUN && podShare.tryAcquire(podId)) count++;
    return count;
  };

  const look = async (podId: string): Promise<boolean> => {
    withMore.delete(podId);
    const acquired = acquireSlots(podId);
    if (acquired === 0) {
      (held.pods.of(podId) > 0 ? withMore : waiting).add(podId);
      return false;
    }
    let begun = 0;
    try {
      const jobs = await parts.find({
        podId,
        except: pods.underWay(podId),
        exceptWebhooks: held.endpoints.keysFrom(perEndpoint),
        after: served.get(podId) ?? NO_ENDPOINT,
        limit: MAX_BEGUN + 1,
      });
      for (const job of jobs) if (begun < acquired && !pods.has(job) && begin(job)) begun++;
      if (jobs.length === begun) return false;
      // It used what it had: it may have more in its next turn.
      if (begun === acquired) return true;
    } finally {
      // Before it is said to have more, which would wake it again for the very slots it did not use.
      if (acquired > begun) freeSlots(podId, acquired - begun);
    }
    // Its endpoints hold what they may.
    withMore.add(podId);
    return false;
  };

  const turns = createTurnTaking({
    places: LOOKS,
    turn: (podId) => pods.holding(podId, () => look(podId)),
    onFailure: parts.onFailure,
  });
  return turns;
}
