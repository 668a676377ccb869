/** Job: deliver the queued copies of an outgoing message. Throws when nothing could be settled; the queue tries again. */
import { type DeliverParts, deliverOutbound } from "../domain/messages/index.ts";
import type { Task } from "../storage/queue.ts";

export function deliverOutboundTask(parts: DeliverParts): Task {
  return async ({ podId, messageUuid }) =>
    deliverOutbound(parts, { podId: String(podId), messageUuid: String(messageUuid) });
}
