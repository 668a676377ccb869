/** Records what became of the copies of outgoing messages that no group commit settles, with the labels, events and jobs that follow. */
import { DUE_CHANNEL, dueNotice } from "../../door/due.ts";
import { operation } from "../../door/operation.ts";
import { sweepJob } from "../../mail/blobs/index.ts";
import { addSystemLabels } from "../../mail/labels/index.ts";
import {
  deliveredEvent,
  domainOf,
  queueElsewhere,
  type SettledCopy,
  settleDeliveries,
} from "../copies/index.ts";
import type { QueuedMessage } from "./store.ts";

export interface Outcome {
  readonly state: SettledCopy["state"];
  readonly detail: string;
  /** What its event says of one that bounced; a mailbox that does not exist when absent. */
  readonly bounce?: Bounce;
}

/** In the vendor's words (contract 9.8), with the enhanced status code of the recipient. */
export interface Bounce {
  readonly type: "Permanent" | "Transient";
  readonly subType: string;
  readonly status: string;
}

const noMailbox: Bounce = { type: "Permanent", subType: "NoEmail", status: "5.1.1" };

export interface Settlement {
  readonly message: Pick<QueuedMessage, "messageUuid" | "inboxId" | "isDeleted">;
  /** By recipient, as the copy names it. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Recipients that are at other servers. */
  readonly elsewhere: readonly string[];
}

interface Settled {
  readonly podId: string;
  readonly settlements: readonly Settlement[];
}

/** Settles several messages of a pod at once. A copy that is settled already is left as it is and not counted again. */
export const settleCopies = operation({
  name: "delivery.settle",
  needs: "system",
  on: "any",
  kind: "write",
  async run(context, { podId, settlements }: Settled): Promise<void> {
    const { tx, scope, now: at, newId } = context;
    const copies = settlements.flatMap(({ message: { messageUuid }, outcomes }) =>
      [...outcomes].map(([recipient, outcome]) => ({ messageUuid, recipient, ...outcome })),
    );
    const elsewhere = settlements.flatMap(({ message: { messageUuid }, elsewhere: own }) =>
      own.map((recipient) => ({ messageUuid, recipient, domain: domainOf(recipient) })),
    );
    if (elsewhere.length > 0) {
      tx.beforeCommit(queueElsewhere(tx, scope, podId, elsewhere, newId));
      tx.beforeCommit(tx.notify(DUE_CHANNEL, dueNotice("outbound", podId)));
    }
    const settled = await settleDeliveries(tx, scope, podId, copies, at);
    const labels = settled.flatMap(({ messageUuid, state }) =>
      state === "delivered" ? [] : [{ messageUuid, label: state }],
    );
    if (labels.length > 0) tx.beforeCommit(addSystemLabels(tx, scope, podId, labels, at));
    const byMessage = Map.groupBy(settled, ({ messageUuid }) => messageUuid);
    for (const { message, outcomes } of settlements) {
      const { inboxId, messageUuid } = message;
      const own = byMessage.get(messageUuid) ?? [];
      for (const event of eventsOf(own, outcomes)) context.emit({ ...event, podId, inboxId, messageUuid });
    }
    if (settlements.some(({ message }) => message.isDeleted)) context.enqueue(sweepJob(podId));
    context.changed(
      settlements
        .filter(({ message }) => byMessage.has(message.messageUuid))
        .map(({ message }) => ({ inboxId: message.inboxId, target: message.messageUuid })),
    );
  },
});

function eventsOf(copies: readonly SettledCopy[], outcomes: Settlement["outcomes"]) {
  const of = (wanted: Outcome["state"]): string[] =>
    copies.filter(({ state }) => state === wanted).map(({ recipient }) => recipient);
  const delivered = of("delivered");
  const bounceOf = (recipient: string): Bounce => outcomes.get(recipient)?.bounce ?? noMailbox;
  const bounces = [...Map.groupBy(of("bounced"), bounceOf)].map(
    ([{ type, subType, status }, recipients]) =>
      ({
        type: "message.bounced",
        data: { type, subType, recipients: recipients.map((address) => ({ address, status })) },
      }) as const,
  );
  return [...(delivered.length > 0 ? [deliveredEvent(delivered)] : []), ...bounces];
}
