/**
 * Delivers the queued copies of outgoing messages. Copies for hosted recipients go through the inbound pipeline, and are
 * settled in the group commit that stores them; the rest is queued for other servers (../outbound). What was accepted goes out
 * though its sender deleted it, or the whole inbox, meanwhile.
 */
import { prefixWithin } from "../../../lib/prefix-within.ts";
import type { Database } from "../../../storage/db.ts";
import { systemActor } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import type { Warn } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { MAX_DELIVERY_BATCH, MAX_DELIVERY_BATCH_BYTES, MAX_SHARED_DELIVERY_BATCH } from "./limits.ts";
import { type OutcomeParts, outcomesOf } from "./outcomes.ts";
import { mayPass } from "./refused.ts";
import { type Settlement, settleCopies } from "./settle.ts";
import { findQueued, hold, listDue, putOff, type QueuedMessage } from "./store.ts";

export interface DeliverParts extends OutcomeParts {
  readonly door: Door;
  /** Where the sender's organization is looked up. */
  readonly database: Database;
  readonly warn: Warn;
}

/** In audit rows and logs. */
const PART = "outbound delivery";

/**
 * Delivers the oldest of a pod's messages whose copies are due: as many as one group commit takes. One that cannot be
 * delivered is logged and put off, alone. Two calls at once for a pod deliver nothing twice, and do the work twice.
 * @param isOurs whether this process is to do it: another one that does was woken as well, and looks again after what it does
 * @returns whether the pod has more that is due
 */
export async function deliverQueued(
  parts: DeliverParts,
  podId: string,
  isOurs: Promise<boolean> | true = true,
): Promise<boolean> {
  const { door } = parts;
  const [actor, mayDeliver] = await Promise.all([systemActor(parts.database, PART, { podId }), isOurs]);
  if (actor === null || !mayDeliver) return false;
  const { messages, hasMore } = await door.run(takeDue, actor, {}, { podId });
  const failed: string[] = [];
  const held: string[] = [];
  const deliver = async (message: QueuedMessage): Promise<Settlement[]> => {
    if (message.isHeld) held.push(message.messageUuid);
    if (message.isHeld) return [];
    try {
      const { outcomes, elsewhere, waits } = await outcomesOf(parts, message);
      if (waits) failed.push(message.messageUuid);
      return outcomes.size + elsewhere.length === 0 && !message.isDeleted
        ? []
        : [{ message, outcomes, elsewhere }];
    } catch (error) {
      // A limit that was reached between the look and the commit is found by the next look.
      if (!mayPass(error)) parts.warn("a message was not delivered and is tried again", error);
      failed.push(message.messageUuid);
      return [];
    }
  };
  const settlements = (await Promise.all(messages.map(deliver))).flat();
  if (settlements.length > 0) await door.run(settleCopies, actor, {}, { podId, settlements });
  if (failed.length + held.length > 0) await door.run(putOffCopies, actor, {}, { podId, failed, held });
  return hasMore;
}

interface Due {
  readonly messages: readonly QueuedMessage[];
  readonly hasMore: boolean;
}

/** The copies to deliver next, with their messages' bytes: as many as may be in memory at once. */
const takeDue = operation({
  name: "delivery.take",
  needs: "system",
  on: "any",
  kind: "read",
  async run({ tx, scope, isShared }, { podId }: { readonly podId: string }): Promise<Due> {
    const most = isShared() ? MAX_SHARED_DELIVERY_BATCH : MAX_DELIVERY_BATCH;
    const due = await listDue(tx, scope, podId, most + 1);
    const sizes = due.map(({ sizeBytes }) => sizeBytes);
    const count = prefixWithin(sizes, most, MAX_DELIVERY_BATCH_BYTES);
    const uuids = due.slice(0, count).map(({ messageUuid }) => messageUuid);
    return {
      messages: uuids.length === 0 ? [] : await findQueued(tx, scope, podId, uuids),
      hasMore: due.length > count,
    };
  },
});

interface PutOff {
  readonly podId: string;
  /** Ids of messages that are tried again, later the more often they were. */
  readonly failed: readonly string[];
  /** Ids of messages whose senders are paused. */
  readonly held: readonly string[];
}

const putOffCopies = operation({
  name: "delivery.defer",
  needs: "system",
  on: "any",
  kind: "upkeep",
  async run({ tx, scope }, { podId, failed, held }: PutOff): Promise<void> {
    if (failed.length > 0) tx.beforeCommit(putOff(tx, scope, podId, failed));
    if (held.length > 0) tx.beforeCommit(hold(tx, scope, podId, held));
  },
});
