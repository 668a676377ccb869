/** What waits for other servers, by domain of recipients: how much, since when, and why. */
import { operation } from "../../door/operation.ts";
import { MAX_QUEUE_DOMAINS } from "./limits.ts";
import { withinOf } from "./list.ts";
import { type QueuedDomain, sumQueue } from "./queue-summary-store.ts";

export type { QueuedDomain } from "./queue-summary-store.ts";

export interface Queue {
  /** Those with most waiting first, MAX_QUEUE_DOMAINS at most. */
  readonly domains: readonly QueuedDomain[];
}

export const getQueue = operation({
  name: "delivery.queue",
  needs: ["message_read"],
  on: "any",
  kind: "read",
  isLong: true,
  run: async (context): Promise<Queue> => ({
    domains: await sumQueue(context.tx, context.scope, withinOf(context), MAX_QUEUE_DOMAINS),
  }),
});
