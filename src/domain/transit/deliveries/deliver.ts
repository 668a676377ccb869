/**
 * Delivers the queued copies of outgoing messages. Copies for hosted recipients go through the inbound pipeline, and are
 * settled in the group commit that stores them; for the rest this installation has no way out yet (`ROOKERY_OUTBOUND=capture`):
 * the copy is kept, marked captured and says so. What was accepted goes out though its sender deleted it, or the whole
 * inbox, meanwhile.
 */
import type { Clock } from "../../../lib/clock.ts";
import { prefixWithin } from "../../../lib/prefix-within.ts";
import type { Database } from "../../../storage/db.ts";
import { systemActor } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import type { Warn } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { pauseOf } from "../../door/paused.ts";
import { MAX_DELIVERY_BATCH, MAX_DELIVERY_BATCH_BYTES, MAX_WAIT_FOR_PAUSED_MS } from "../../limits.ts";
import type { Received, Receiver, Recipient } from "../arrivals/index.ts";
import { delivered } from "../copies/index.ts";
import { type Outcome, type Settlement, settleCopies } from "./settle.ts";
import { findQueued, hold, listDue, putOff, type QueuedMessage } from "./store.ts";

export interface DeliverParts {
  readonly door: Door;
  /** Where the sender's organization is looked up. */
  readonly database: Database;
  readonly receiver: Receiver;
  readonly clock: Clock;
  /** Domain of inboxes created without one: an unknown address there bounces, as no other server can have it. */
  readonly hostedDomain: string;
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
      const { outcomes, waits } = await outcomesOf(parts, message);
      if (waits) failed.push(message.messageUuid);
      return outcomes.size === 0 && !message.isDeleted ? [] : [{ message, outcomes }];
    } catch (error) {
      parts.warn("a message was not delivered and is tried again", error);
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
  async run({ tx, scope }, { podId }: { readonly podId: string }): Promise<Due> {
    const due = await listDue(tx, scope, podId, MAX_DELIVERY_BATCH + 1);
    const sizes = due.map(({ sizeBytes }) => sizeBytes);
    const count = prefixWithin(sizes, MAX_DELIVERY_BATCH, MAX_DELIVERY_BATCH_BYTES);
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

const bounced: Outcome = { state: "bounced", detail: "550 5.1.1 no such inbox" };
const captured: Outcome = { state: "captured", detail: "kept here: ROOKERY_OUTBOUND=capture" };
const expired: Outcome = {
  state: "bounced",
  detail: "450 4.2.1 the inbox was paused for as long as delivery is tried",
  bounce: { type: "Transient", subType: "General", status: "4.4.7" },
};
/** It was not to go out when its sender was deleted. */
const abandoned: Outcome = {
  state: "bounced",
  detail: "the sender was paused, and was deleted so",
  bounce: { type: "Permanent", subType: "General", status: "5.7.1" },
};

/** A rule of the recipient's pod blocks it. */
const refused: Outcome = {
  state: "bounced",
  detail: "550 5.7.1 Message refused by policy",
  bounce: { type: "Permanent", subType: "ContentRejected", status: "5.7.1" },
};

interface Outcomes {
  /** What became of the copies that the group commit did not settle, by recipient. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Whether a copy stays queued, because its inbox is paused. */
  readonly waits: boolean;
}

/** Stores the message in the inboxes here that it is for, but for paused ones: there it waits, as it would at another server. */
async function outcomesOf(parts: DeliverParts, message: QueuedMessage): Promise<Outcomes> {
  const outcomes = new Map<string, Outcome>();
  if (message.isAbandoned)
    return { outcomes: new Map(message.recipients.map((address) => [address, abandoned])), waits: false };
  const hosted: Recipient[] = [];
  const waitedMs = parts.clock.now().getTime() - message.sentAt.getTime();
  let waits = false;
  for (const address of message.recipients) {
    const recipient = await parts.receiver.resolve(address);
    if (recipient === null)
      outcomes.set(address, address.toLowerCase().endsWith(`@${parts.hostedDomain}`) ? bounced : captured);
    else if (pauseOf(recipient.inbox) === null) hosted.push(recipient);
    else if (waitedMs > MAX_WAIT_FOR_PAUSED_MS) outcomes.set(address, expired);
    else waits = true;
  }
  const received = await receiveIn(parts, message, hosted);
  for (const { address, inbox } of hosted) {
    if (received === null) outcomes.set(address, delivered);
    else if (received.refused.has(inbox.id)) outcomes.set(address, refused);
    // A recipient whose inbox was deleted meanwhile bounces.
    else if (inbox.id !== message.inboxId && !received.stored.has(inbox.id)) outcomes.set(address, bounced);
  }
  return { outcomes, waits };
}

/** @returns what became of it; null when it is for none but its sender's own, which has it already */
async function receiveIn(
  { receiver, clock }: DeliverParts,
  message: QueuedMessage,
  hosted: readonly Recipient[],
): Promise<Received | null> {
  const { raw, sentAt, envelopeFrom, podId, organizationId, inboxId, messageUuid } = message;
  if (raw === null) throw new Error("the bytes of a queued message are missing");
  // The sender's own inbox must not get it back when it was deleted there.
  const recipients = hosted.filter(({ inbox }) => inbox.id !== inboxId);
  if (recipients.length === 0) return null;
  const copies = hosted.map(({ address, inbox }) => ({ recipient: address, inboxId: inbox.id }));
  const sent = { podId, organizationId, inboxId, messageUuid, copies };
  return receiver.receive({
    raw,
    trace: "",
    recipients,
    envelopeFrom,
    receivedAt: clock.now(),
    sentAt,
    sent,
  });
}
