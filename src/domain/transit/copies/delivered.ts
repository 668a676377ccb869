/**
 * Settles the copies of outgoing messages that a group commit stores in their inboxes, in that very commit: a process that
 * dies has done both or neither.
 */
import type { Tx } from "../../../storage/db.ts";
import { insertAudit, type SystemScope } from "../../door/access/index.ts";
import type { NewEvent } from "../../door/events.ts";
import { settleDeliveries } from "./store.ts";

/** The queued copies of one outgoing message for inboxes here. */
export interface SentCopies {
  readonly podId: string;
  readonly organizationId: string;
  /** The sender's. */
  readonly inboxId: string;
  readonly messageUuid: string;
  readonly copies: readonly {
    /** Address, as the copy names it. */
    readonly recipient: string;
    /** The inbox that it is for (UUID). */
    readonly inboxId: string;
  }[];
}

/** Outcome of a copy that an inbox here holds. */
export const delivered = { state: "delivered", detail: "stored here" } as const;

export const deliveredEvent = (recipients: readonly string[]) =>
  ({ type: "message.delivered", data: { recipients } }) as const;

/**
 * A copy that is settled already is left as it is and not counted again.
 * @param living ids of the inboxes that this transaction stores mail in. A copy for another stays queued, but for the sender's
 * own, which has the message already, or has deleted it.
 * @returns the events to write
 */
export async function settleDelivered(
  tx: Tx,
  scope: SystemScope,
  sent: readonly SentCopies[],
  living: ReadonlySet<string>,
  { newId, now }: { readonly newId: () => string; readonly now: Date },
): Promise<readonly NewEvent[]> {
  const settled = await Promise.all(
    [...Map.groupBy(sent, ({ podId }) => podId)].map(([podId, own]) =>
      settleDeliveries(
        tx,
        scope,
        podId,
        own.flatMap((one) => outcomesOf(one, living)),
        now,
      ),
    ),
  );
  const recipients = Map.groupBy(settled.flat(), ({ messageUuid }) => messageUuid);
  const changed = sent.filter(({ messageUuid }) => recipients.has(messageUuid));
  if (changed.length === 0) return [];
  const audit = changed.map(({ messageUuid, organizationId, podId, inboxId }) => ({
    id: newId(),
    organizationId,
    podId,
    inboxId,
    actor: "outbound delivery",
    keyId: null,
    operation: "delivery.settle",
    target: messageUuid,
    at: now,
  }));
  tx.beforeCommit(insertAudit(tx, scope, audit));
  return changed.map(({ messageUuid, organizationId, podId, inboxId }) => ({
    ...deliveredEvent((recipients.get(messageUuid) ?? []).map(({ recipient }) => recipient)),
    id: newId(),
    organizationId,
    podId,
    inboxId,
    messageUuid,
    at: now,
  }));
}

const outcomesOf = ({ messageUuid, inboxId: own, copies }: SentCopies, living: ReadonlySet<string>) =>
  copies
    .filter(({ inboxId }) => inboxId === own || living.has(inboxId))
    .map(({ recipient }) => ({ messageUuid, recipient, ...delivered }));
