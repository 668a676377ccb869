/** What becomes of one outgoing message: stored in the inboxes here that it is for, or not, recipient by recipient. */
import type { Clock } from "../../../lib/clock.ts";
import { MAX_WAIT_FOR_INBOX_MS } from "../../limits.ts";
import type { Received, Receiver, Recipient } from "../arrivals/index.ts";
import { delivered, domainOf } from "../copies/index.ts";
import { disabled, refusalNow, refusedFor } from "./refused.ts";
import type { Outcome } from "./settle.ts";
import type { QueuedMessage } from "./store.ts";

export interface OutcomeParts {
  readonly receiver: Receiver;
  readonly clock: Clock;
  /** Domain of inboxes created without one: an unknown address there bounces, as no other server can have it. */
  readonly hostedDomain: string;
}

const bounced: Outcome = { state: "bounced", detail: "550 5.1.1 no such inbox" };
/** It was not to go out when its sender was deleted. */
const abandoned: Outcome = {
  state: "bounced",
  detail: "the sender was paused, and was deleted so",
  bounce: { type: "Permanent", subType: "General", status: "5.7.1" },
};

interface Outcomes {
  /** What became of the copies that the group commit did not settle, by recipient. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Recipients that are at other servers. */
  readonly elsewhere: readonly string[];
  /** Whether a copy stays queued, because its inbox is paused or takes no more mail for now. */
  readonly waits: boolean;
}

/** Stores the message in the inboxes here that it is for. Where one takes no mail for now it waits, as it would at another server. */
export async function outcomesOf(parts: OutcomeParts, message: QueuedMessage): Promise<Outcomes> {
  const outcomes = new Map<string, Outcome>();
  if (message.isAbandoned)
    return {
      outcomes: new Map(message.recipients.map((address) => [address, abandoned])),
      elsewhere: [],
      waits: false,
    };
  const hosted: Recipient[] = [];
  const elsewhere: string[] = [];
  let waits = false;
  for (const address of message.recipients) {
    const recipient = await parts.receiver.resolve(address);
    if (recipient === null) {
      if (domainOf(address) === parts.hostedDomain) outcomes.set(address, bounced);
      else elsewhere.push(address);
    } else if (recipient.inbox.isSuspended) outcomes.set(address, disabled);
    else {
      // The sender's own has it already.
      const refusal =
        recipient.inbox.id === message.inboxId ? null : await refusalNow(parts.receiver, recipient);
      if (refusal === null) hosted.push(recipient);
      else if (message.waitedMs > MAX_WAIT_FOR_INBOX_MS) outcomes.set(address, refusal);
      else waits = true;
    }
  }
  const received = await receiveIn(parts, message, hosted);
  for (const { address, inbox } of hosted) {
    const refused = received?.refused.get(inbox.id);
    if (received === null) outcomes.set(address, delivered);
    else if (refused !== undefined) outcomes.set(address, refusedFor(refused));
    // A recipient whose inbox was deleted meanwhile bounces.
    else if (inbox.id !== message.inboxId && !received.stored.has(inbox.id)) outcomes.set(address, bounced);
  }
  return { outcomes, elsewhere, waits };
}

/** @returns what became of it; null when it is for none but its sender's own, which has it already */
async function receiveIn(
  { receiver, clock }: OutcomeParts,
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
