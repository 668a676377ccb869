/**
 * A lane of webhook attempts: pods take turns in it, in a pod its endpoints do, and each holds its share of the slots only. What
 * may not begin stays a row that is due, and holds nothing.
 */
import type { DeliveryJob } from "../domain/notify/webhooks/index.ts";
import { createTurnTaking } from "../lib/turn-taking.ts";
import type { PodsUnderWay } from "./pods-under-way.ts";
import { createWebhookSlots, type WebhookSlots } from "./webhook-slots.ts";

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
  const slots = createWebhookSlots(parts.slots, parts.perEndpoint);
  /** By pod that has attempts under way: the endpoint that was served last. */
  const served = new Map<string, string>();
  const queue = createLookQueue((podId) => turns.wake(podId));
  const attempt = beginner(parts, slots, served, queue);
  const look = async (podId: string, isOurs: Promise<boolean>): Promise<boolean> => {
    const acquired = slots.acquire(podId, MAX_BEGUN);
    if (acquired === 0) {
      queue.wait(podId, slots.heldBy(podId) > 0 ? "own attempt" : "any slot");
      return false;
    }
    let begun = 0;
    try {
      const finding = parts.find({
        podId,
        except: parts.pods.underWay(podId),
        exceptWebhooks: slots.fullEndpoints(),
        after: served.get(podId) ?? NO_ENDPOINT,
        limit: MAX_BEGUN + 1,
      });
      // At once: what was found before the pod was this process's is looked at again when it is loaded.
      const [jobs, mayAttempt] = await Promise.all([finding, isOurs]);
      if (!mayAttempt) return false;
      for (const job of jobs) if (begun < acquired && attempt(job)) begun++;
      if (jobs.length === begun) return false;
      // It used what it had: it may have more in its next turn.
      if (begun === acquired) return true;
    } finally {
      slots.giveBack(podId, acquired - begun);
      // Not this pod itself, which would look for the very slots that it did not use.
      queue.slotsFree(acquired - begun);
    }
    // Its endpoints hold what they may.
    queue.wait(podId, "own attempt");
    return false;
  };
  const turns = createTurnTaking({
    places: LOOKS,
    turn: (podId) => parts.pods.holding(podId, (isOurs) => look(podId, isOurs)),
    onFailure: parts.onFailure,
  });
  return turns;
}

/** Pods that have more than they may begin, and what each waits for. */
interface LookQueue {
  wait(podId: string, what: "own attempt" | "any slot"): void;
  /** An attempt of this pod has ended or left its slot. */
  attemptEnded(podId: string): void;
  slotsFree(count: number): void;
}

function createLookQueue(wake: (podId: string) => void): LookQueue {
  const forOwn = new Set<string>();
  /** In the order in which they get one. */
  const forAny = new Set<string>();
  return {
    wait: (podId, what) => void (what === "own attempt" ? forOwn : forAny).add(podId),
    attemptEnded: (podId) => void (forOwn.delete(podId) && wake(podId)),
    slotsFree(count) {
      for (const podId of [...forAny].slice(0, count)) {
        forAny.delete(podId);
        wake(podId);
      }
    },
  };
}

/** @returns begins an attempt in a slot that its pod has; false when it may not begin now */
function beginner(
  { pods, mayBegin, attempt }: WebhookLaneParts,
  slots: WebhookSlots,
  served: Map<string, string>,
  queue: LookQueue,
): (job: DeliveryJob) => boolean {
  return (job) => {
    const { podId, webhookId } = job;
    if (pods.has(job) || !slots.enter(job)) return false;
    if (!mayBegin(job)) {
      slots.cancel(job);
      return false;
    }
    served.set(podId, webhookId);
    pods.begin(job);
    let hasSlot = true;
    const leaveSlot = (): void => {
      if (!hasSlot) return;
      hasSlot = false;
      slots.leave(job);
      if (slots.heldBy(podId) === 0) served.delete(podId);
      // Those that hold none before those that want more.
      queue.slotsFree(1);
      queue.attemptEnded(podId);
    };
    void attempt(job, leaveSlot).then(() => {
      pods.end(job);
      leaveSlot();
      queue.attemptEnded(podId);
    });
    return true;
  };
}
