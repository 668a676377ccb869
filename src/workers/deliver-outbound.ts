/** Jobs: deliver the queued copies of outgoing messages. They throw when something could not be settled, and run again. */
import { MAX_DELIVERY_BATCH } from "../domain/limits.ts";
import {
  type DeliverParts,
  deliverOutbound,
  enqueueBacklog,
  nextQueued,
} from "../domain/transit/deliveries/index.ts";
import { createFairShare } from "../lib/fair-share.ts";
import type { Task } from "../storage/job-runner.ts";
import { MAX_DELIVERY_TURN } from "./limits.ts";

export interface OutboundDelivery {
  /** Delivers one message. What exceeds a pod's share of the slots is left to its backlog job. */
  readonly fast: Task;
  /** Delivers a pod's backlog, many messages at once, in turn with other pods. */
  readonly backlog: Task;
}

/** A backlog job that runs in this process. */
interface Backlog {
  /** A message was left to it since it last looked for queued ones. */
  isOutdated: boolean;
}

/** @param slots jobs at once in the fast lane */
export function createOutboundDelivery(parts: DeliverParts, slots: number): OutboundDelivery {
  const share = createFairShare(slots);
  const backlogs = new Map<string, Backlog>();
  /** Messages that the fast lane is delivering, which a backlog job leaves to it. */
  const underWay = new Set<string>();
  const deliver = async (podId: string, messageUuid: string): Promise<void> => {
    underWay.add(messageUuid);
    try {
      await deliverOutbound(parts, { podId, messageUuids: [messageUuid] });
    } finally {
      underWay.delete(messageUuid);
    }
  };
  return {
    async fast(payload) {
      const podId = String(payload["podId"]);
      const backlog = backlogs.get(podId);
      if (backlog !== undefined) {
        // The message is committed, so that job's next look finds it; if the process dies, the job is still there.
        backlog.isOutdated = true;
        return;
      }
      if (!share.tryAcquire(podId)) return enqueueBacklog(parts, podId);
      try {
        await deliver(podId, String(payload["messageUuid"]));
      } finally {
        share.release(podId);
      }
    },
    async backlog(payload) {
      const podId = String(payload["podId"]);
      const backlog: Backlog = { isOutdated: false };
      backlogs.set(podId, backlog);
      try {
        const isDone = await deliverBacklog(parts, podId, backlog, underWay);
        if (!isDone) await enqueueBacklog(parts, podId);
      } finally {
        backlogs.delete(podId);
      }
    },
  };
}

/**
 * Messages that fail are skipped, so that the rest is delivered, and retried by the job's next run: at once when there is
 * more to deliver, after a pause when there is not or when too many failed.
 * @param underWay messages left out (UUID); may change
 * @returns false when there is more to deliver
 * @throws what the first failed message threw
 */
async function deliverBacklog(
  parts: DeliverParts,
  podId: string,
  backlog: Backlog,
  underWay: ReadonlySet<string>,
): Promise<boolean> {
  const failed = new Map<string, unknown>();
  for (let delivered = 0; delivered < MAX_DELIVERY_TURN && failed.size < MAX_DELIVERY_BATCH; ) {
    backlog.isOutdated = false;
    const batch = await nextQueued(parts, podId, [...failed.keys(), ...underWay]);
    if (batch.length === 0 && !backlog.isOutdated) {
      throwFirst(failed);
      return true;
    }
    for (const [messageUuid, reason] of await deliverBatch(parts, podId, batch))
      failed.set(messageUuid, reason);
    delivered += batch.length;
  }
  if (failed.size >= MAX_DELIVERY_BATCH) throwFirst(failed);
  return false;
}

/** Together, and one by one when that fails, so that a bad message fails alone. @returns why, for those that failed */
async function deliverBatch(
  parts: DeliverParts,
  podId: string,
  messageUuids: readonly string[],
): Promise<Map<string, unknown>> {
  const [first] = messageUuids;
  if (first === undefined) return new Map();
  try {
    await deliverOutbound(parts, { podId, messageUuids });
    return new Map();
  } catch (error) {
    if (messageUuids.length === 1) return new Map([[first, error]]);
  }
  const failed = new Map<string, unknown>();
  for (const messageUuid of messageUuids)
    for (const [uuid, reason] of await deliverBatch(parts, podId, [messageUuid])) failed.set(uuid, reason);
  return failed;
}

function throwFirst(failed: ReadonlyMap<string, unknown>): void {
  for (const reason of failed.values()) throw reason;
}
