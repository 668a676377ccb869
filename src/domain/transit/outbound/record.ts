/** Records what became of attempts, with the labels, events and counts that follow. */
import type { Context } from "../../door/context.ts";
import type { EventType } from "../../door/events.ts";
import { operation } from "../../door/operation.ts";
import { suppress } from "../../guardrails/suppressions/index.ts";
import { sweepJob } from "../../mail/blobs/index.ts";
import { addSystemLabels } from "../../mail/labels/index.ts";
import type { AttemptOutcome, TakenDelivery } from "./attempt.ts";
import type { RecipientOutcome } from "./delivery.ts";
import { holdInboxesToRates } from "./inbox-standing.ts";
import { isHardBounce, type Judgement } from "./judge.ts";
import { addCounts, type Counted, countDoubts, findRecorded, recordJudgements } from "./record-store.ts";
import { holdToRates } from "./standing.ts";

export interface Judged {
  readonly taken: TakenDelivery;
  readonly judgement: Judgement;
  /** Null: nothing was tried. */
  readonly outcome: AttemptOutcome | null;
}

interface Recording {
  readonly podId: string;
  readonly judged: readonly Judged[];
  /** Whether the rows were in another pod before, and a lease that is not found now is given up. */
  readonly isLast: boolean;
}

/**
 * Of several attempts of one pod at once. An attempt whose lease is not its own any more changes nothing, and is counted as one in doubt
 * when the message was taken.
 * @returns those that were not found, unless `isLast`
 */
export const recordOutbound = operation({
  name: "outbound.record",
  needs: "system",
  on: "any",
  kind: "upkeep",
  run: recordJudged,
});

/** In the transaction of who calls it. */
export async function recordJudged(
  context: Context,
  { podId, judged, isLast }: Recording,
): Promise<readonly Judged[]> {
  const { tx, scope, now } = context;
  const recorded = await recordJudgements(tx, scope, podId, judged, now);
  const own = judged.filter(({ taken }) => recorded.has(taken.id));
  const missed = judged.filter(({ taken }) => !recorded.has(taken.id));
  const before = missed.length === 0 ? recorded : await findRecorded(tx, scope, podId, missed);
  const lost = missed.filter(({ taken }) => !before.has(taken.id));
  label(context, podId, own);
  for (const one of own) for (const event of eventsOf(one)) emit(context, podId, one, event);
  await suppressBounced(context, podId, own.flatMap(hardBouncesOf));
  const counted = countsOf(podId, own);
  if (counted.length > 0) {
    tx.beforeCommit(addCounts(tx, scope, counted, now));
    await holdSenders(
      context,
      podId,
      counted.flatMap(({ inboxId, bounced }) => (bounced > 0 ? [inboxId] : [])),
    );
  }
  if (own.some(({ taken, judgement }) => taken.isDeleted && judgement.retryAfterMs === null))
    context.enqueue(sweepJob(podId));
  context.changed(
    own
      .filter(({ judgement }) => judgement.retryAfterMs === null)
      .map(({ taken }) => ({
        operation: "delivery.settle",
        inboxId: taken.inboxId,
        target: taken.messageUuid,
      })),
  );
  if (!isLast) return lost;
  const doubtful = lost.filter(({ judgement }) => judgement.accepted.length > 0);
  if (doubtful.length > 0)
    tx.beforeCommit(
      countDoubts(
        tx,
        scope,
        podId,
        doubtful.map(({ taken }) => taken.id),
      ),
    );
  return [];
}

/** Looks at the rates of a pod and of those of its inboxes whose mail bounced or was complained of, as this transaction counts them. */
export async function holdSenders(
  context: Context,
  podId: string,
  inboxIds: readonly string[],
): Promise<void> {
  if (inboxIds.length === 0) return;
  await holdToRates(context, podId);
  await holdInboxesToRates(context, podId, inboxIds);
}

/**
 * A code without an enhanced one says nothing of what it is about: 550 to MAIL or to the message refuses a sender or what he wrote, and
 * suppressing the recipients for it would cut them all off.
 */
function hardBouncesOf({ taken, judgement, outcome }: Judged): RecipientOutcome[] {
  const faults = new Map(outcome?.recipients.map(({ address, fault }) => [address, fault]));
  return judgement.outcomes.filter(
    (one) =>
      taken.pending.includes(one.address) &&
      isHardBounce(one) &&
      (one.enhancedCode !== null || faults.get(one.address) === "mailbox"),
  );
}

/** Those whose address itself is at fault. */
export const suppressBounced = (
  context: Context,
  podId: string,
  bounced: readonly RecipientOutcome[],
): Promise<void> =>
  suppress(
    context,
    podId,
    bounced.map(({ address, reply }) => ({ address, cause: "bounce", reason: reply })),
  );

function label({ tx, scope, now }: Context, podId: string, own: readonly Judged[]): void {
  const labels = own.flatMap(({ taken: { messageUuid }, judgement: { bounces, state } }) => {
    if (bounces.length > 0) return [{ messageUuid, label: "bounced" }];
    return state === "captured" ? [{ messageUuid, label: "captured" }] : [];
  });
  if (labels.length > 0) tx.beforeCommit(addSystemLabels(tx, scope, podId, labels, now));
}

interface Told {
  readonly type: EventType;
  readonly data: Record<string, unknown>;
}

const eventsOf = ({ judgement: { accepted, bounces, rejections } }: Judged): Told[] => [
  ...(accepted.length > 0 ? [{ type: "message.delivered", data: { recipients: accepted } } as const] : []),
  ...bounces.map((bounce) => ({ type: "message.bounced", data: { ...bounce } }) as const),
  ...rejections.map((rejection) => ({ type: "message.rejected", data: { ...rejection } }) as const),
];

const emit = (context: Context, podId: string, { taken }: Judged, { type, data }: Told): void =>
  context.emit({ type, data, podId, inboxId: taken.inboxId, messageUuid: taken.messageUuid });

/** By inbox. One that was taken or refused was sent; one that is to be tried again is not yet. */
function countsOf(podId: string, own: readonly Judged[]): Counted[] {
  return [...Map.groupBy(own, ({ taken }) => taken.inboxId)].flatMap(([inboxId, of]) => {
    const accepted = of.reduce((sum, { judgement }) => sum + judgement.accepted.length, 0);
    const bounced = of
      .flatMap(({ judgement }) => judgement.bounces)
      .reduce((sum, { recipients }) => sum + recipients.length, 0);
    const [first] = of;
    return first === undefined || accepted + bounced === 0
      ? []
      : [
          {
            podId,
            organizationId: first.taken.organizationId,
            inboxId,
            sent: accepted + bounced,
            bounced,
            complained: 0,
          },
        ];
  });
}
