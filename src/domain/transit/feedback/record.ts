/** Records what a report says of a delivery, with the labels, events, counts and suppressions that follow. */
import type { Complaint, Feedback } from "../../../protocols/feedback/index.ts";
import type { Context } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import { suppress } from "../../guardrails/suppressions/index.ts";
import { addSystemLabels } from "../../mail/labels/index.ts";
import {
  addCounts,
  holdSenders,
  isHardBounce,
  type RecipientOutcome,
  suppressBounced,
} from "../outbound/index.ts";
import { bouncedBy, bounceEventsOf, complainedBy } from "./returned.ts";
import { lockDelivery, type ReturnedDelivery, saveReturns } from "./store.ts";

/** A report that means something for a delivery. */
export type Report = Exclude<Feedback, { readonly kind: "progress" }>;

interface Reported {
  readonly podId: string;
  readonly deliveryId: string;
  readonly report: Report;
}

/** The same report again changes nothing: a peer that had no answer sends it once more. */
export const recordReport = operation({
  name: "delivery.report",
  needs: "system",
  on: "any",
  kind: "upkeep",
  async run(context, { podId, deliveryId, report }: Reported): Promise<void> {
    const { tx, scope, now } = context;
    const delivery = await lockDelivery(tx, scope, podId, deliveryId);
    if (delivery === null) return;
    const fresh =
      report.kind === "failure" ? bouncedBy(delivery, report.recipients) : complainedBy(delivery, report);
    if (fresh.length === 0) return;
    const changed = new Set(fresh.map(({ address }) => address));
    const returns = [...delivery.returns.filter(({ address }) => !changed.has(address)), ...fresh];
    tx.beforeCommit(saveReturns(tx, scope, podId, deliveryId, returns, now));
    tell(context, podId, delivery, report, fresh);
    await holdSender(context, podId, delivery, report, fresh);
    context.changed([
      {
        operation: report.kind === "failure" ? "delivery.bounce" : "delivery.complain",
        inboxId: delivery.inboxId,
        target: delivery.messageUuid,
      },
    ]);
  },
});

function tell(
  context: Context,
  podId: string,
  { inboxId, messageUuid }: ReturnedDelivery,
  report: Report,
  fresh: readonly RecipientOutcome[],
): void {
  const { tx, scope, now } = context;
  const about = { podId, inboxId, messageUuid };
  const label = report.kind === "failure" ? "bounced" : "complained";
  tx.beforeCommit(addSystemLabels(tx, scope, podId, [{ messageUuid, label }], now));
  if (report.kind === "failure")
    for (const bounce of bounceEventsOf(fresh))
      context.emit({ ...about, type: "message.bounced", data: { ...bounce } });
  else context.emit({ ...about, type: "message.complained", data: complaintOf(report, fresh) });
}

/** Clients need a sub-type even where there is none (contract 9.8). */
const complaintOf = ({ type }: Complaint, fresh: readonly RecipientOutcome[]): Record<string, unknown> => ({
  type,
  subType: "",
  recipients: fresh.map(({ address }) => address),
});

/** Suppresses the addresses, and holds pod and inbox to their rates. */
async function holdSender(
  context: Context,
  podId: string,
  { organizationId, inboxId }: ReturnedDelivery,
  report: Report,
  fresh: readonly RecipientOutcome[],
): Promise<void> {
  const { tx, scope, now } = context;
  const isFailure = report.kind === "failure";
  await (isFailure
    ? suppressBounced(context, podId, fresh.filter(isHardBounce))
    : suppress(
        context,
        podId,
        fresh.map(({ address, reply }) => ({ address, cause: "complaint", reason: reply })),
      ));
  // They were counted as sent when the other server took them.
  const counted = {
    ...{ podId, organizationId, inboxId, sent: 0 },
    bounced: isFailure ? fresh.length : 0,
    complained: isFailure ? 0 : fresh.length,
  };
  tx.beforeCommit(addCounts(tx, scope, [counted], now));
  await holdSenders(context, podId, [inboxId]);
}
