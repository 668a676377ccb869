/** What an attempt makes of a delivery: its state, when it is tried again, and what is told of its recipients. Pure. */

import type { AttemptOutcome, SuppressedRecipient, TakenDelivery, TriedRecipient } from "./attempt.ts";
import type { DeliveryState, RecipientOutcome, RecipientState } from "./delivery.ts";
import { MAX_REPLY_LENGTH } from "./limits.ts";
import { retryAfterMs } from "./schedule.ts";

/** In the vendor's words (contract 9.8), with the recipients it is about. */
export interface Bounce {
  readonly type: "Permanent" | "Transient" | "Undetermined";
  readonly subType: string;
  readonly recipients: readonly { readonly address: string; readonly status: string }[];
}

/** What is recorded of an attempt. */
export interface Judgement {
  readonly state: DeliveryState;
  readonly outcomes: readonly RecipientOutcome[];
  /** Null: its state is final. */
  readonly retryAfterMs: number | null;
  /** The reply that is shown: that of the recipient who fares worst. */
  readonly shown: Pick<RecipientOutcome, "code" | "enhancedCode" | "reply"> | null;
  readonly detail: string | null;
  /** Recipients that another server took with this attempt. */
  readonly accepted: readonly string[];
  readonly bounces: readonly Bounce[];
  /** Recipients that are not tried any more, as they were suppressed meanwhile. */
  readonly rejections: readonly Rejection[];
}

export interface Rejection {
  readonly reason: string;
  readonly recipients: readonly string[];
}

const bounded = (reply: string): string => reply.slice(0, MAX_REPLY_LENGTH);

/** @param outcome of every recipient that was pending; one that is missing counts as deferred */
export function judge(taken: TakenDelivery, outcome: AttemptOutcome): Judgement {
  const tried = new Map(outcome.recipients.map((one) => [one.address, one]));
  const isOver = taken.leftMs <= 0;
  const fresh = taken.pending.map((address): RecipientOutcome => {
    const one = tried.get(address);
    if (one === undefined)
      return { address, state: "deferred", code: null, enhancedCode: null, reply: "no answer was recorded" };
    return {
      address,
      state: stateOf(one, isOver),
      code: one.code,
      enhancedCode: one.enhancedCode,
      reply: bounded(one.reply),
    };
  });
  return judged(taken, fresh);
}

/** One that has no recipients left but those that were suppressed meanwhile. */
export const suppressedAll = (taken: TakenDelivery): Judgement => judged(taken, []);

/** One whose sender was deleted while it was paused: it was not to go out then. */
export const abandoned = (taken: TakenDelivery): Judgement =>
  settledAs(taken, "failed", "the sender was paused, and was deleted so", "5.7.1");

/** One that is kept here. */
export const captured = (taken: TakenDelivery): Judgement =>
  settledAs(taken, "captured", "kept here: ROOKERY_OUTBOUND=capture");

/** Without an attempt. */
const settledAs = (
  taken: TakenDelivery,
  state: "captured" | "failed",
  detail: string,
  enhancedCode: string | null = null,
): Judgement => ({
  ...judged(
    taken,
    taken.pending.map((address) => ({ address, state, code: null, enhancedCode, reply: detail })),
  ),
  shown: null,
  detail,
});

/** A reply that was given for as long as delivery is tried makes a bounce; silence a failure of our own. */
function stateOf({ kind, code }: TriedRecipient, isOver: boolean): RecipientState {
  if (kind === "accepted") return "sent";
  if (kind === "refused") return "bounced";
  if (!isOver) return "deferred";
  return code === null ? "failed" : "bounced";
}

/** From best to worst: a delivery is as its worst recipient. */
const ranks: readonly RecipientState[] = [
  "captured",
  "delivered",
  "sent",
  "complained",
  "failed",
  "bounced",
  "queued",
  "deferred",
];

const worstOf = (outcomes: readonly RecipientOutcome[]): RecipientOutcome | null =>
  outcomes.toSorted((a, b) => ranks.indexOf(b.state) - ranks.indexOf(a.state))[0] ?? null;

function judged(taken: TakenDelivery, fresh: readonly RecipientOutcome[]): Judgement {
  const suppressed = taken.suppressed.map(suppressedOutcome);
  const open = new Set([...taken.pending, ...suppressed.map(({ address }) => address)]);
  const settled = taken.outcomes.filter(({ address }) => !open.has(address));
  const outcomes = [...settled, ...suppressed, ...fresh];
  const worst = worstOf(outcomes);
  const isWaiting = fresh.some(({ state }) => state === "deferred");
  const lost = fresh.filter(({ state }) => state === "bounced" || state === "failed");
  return {
    state: worst?.state ?? "failed",
    outcomes,
    retryAfterMs: isWaiting ? retryAfterMs(taken.attempt, taken.leftMs) : null,
    shown: worst,
    detail: null,
    accepted: fresh.filter(({ state }) => state === "sent").map(({ address }) => address),
    bounces: bouncesOf(lost),
    rejections: rejectionsOf(suppressed),
  };
}

/** No bounce, and none of its rates: nobody was asked (RFC 3463 section 3.8: X.7.1, delivery not authorized). */
const suppressedOutcome = ({ address, cause }: SuppressedRecipient): RecipientOutcome => ({
  address,
  state: "failed",
  ...{
    code: null,
    enhancedCode: "5.7.1",
    reply: `not sent: the address was suppressed meanwhile (${cause})`,
  },
});

const rejectionsOf = (suppressed: readonly RecipientOutcome[]): Rejection[] =>
  [...Map.groupBy(suppressed, ({ reply }) => reply)].map(([reason, own]) => ({
    reason,
    recipients: own.map(({ address }) => address),
  }));

const keyOf = ({ type, subType }: Pick<Bounce, "type" | "subType">): string => `${type} ${subType}`;

/** @returns one for each type and sub-type */
export function bouncesOf(lost: readonly RecipientOutcome[]): Bounce[] {
  const each = lost.map((one) => ({
    ...kindOf(one),
    recipient: { address: one.address, status: statusOf(one) },
  }));
  return [...Map.groupBy(each, keyOf).values()].flatMap((own) => {
    const [first] = own;
    return first === undefined
      ? []
      : [{ type: first.type, subType: first.subType, recipients: own.map(({ recipient }) => recipient) }];
  });
}

/**
 * Whether the address itself is at fault, for good, so that further mail to it would come back as well (RFC 3463): the mailbox or its host
 * does not exist, or is disabled. A full mailbox, a message that is too large, and a policy that dislikes this message or this server are no
 * reason to stop writing to somebody.
 */
export function isHardBounce({ state, code, enhancedCode }: RecipientOutcome): boolean {
  if (state !== "bounced") return false;
  if (enhancedCode === null) return code !== null && code >= 550 && code <= 553 && code !== 552;
  return HARD.test(enhancedCode);
}

/** Of 5.1.x not what is about the sender (7, 8) or its message's path (9); 5.4.1 and 5.4.4 are said of recipients and hosts that are not there. */
const HARD = /^5\.(?:0\.0|1\.(?!7$|8$|9$)\d+|2\.[01]|4\.(?:1|4|310))$/;

/** An enhanced status code; one that expired without any is 4.4.7 (RFC 3463 section 3.5). */
const statusOf = ({ enhancedCode, code }: RecipientOutcome): string =>
  enhancedCode ?? (code !== null && code >= 500 ? "5.0.0" : "4.4.7");

/** By enhanced status code, whose first digit can be left out (RFC 3463 section 3). */
const subTypes: Readonly<Record<string, string>> = {
  "1.1": "NoEmail",
  "1.2": "NoEmail",
  "1.3": "NoEmail",
  "1.6": "NoEmail",
  "1.10": "NoEmail",
  "2.1": "General",
  "2.2": "MailboxFull",
  "2.3": "MessageTooLarge",
  "3.4": "MessageTooLarge",
  "6.1": "ContentRejected",
  "7.1": "ContentRejected",
};

/** Type and sub-type of a bounce, in the vendor's words. */
function kindOf({ state, code, enhancedCode }: RecipientOutcome): Pick<Bounce, "type" | "subType"> {
  // A name that does not exist is refused without a reply, and a report may have a status alone.
  const isPermanent =
    state === "bounced" && (code === null ? enhancedCode?.startsWith("4") !== true : code >= 500);
  return {
    type: isPermanent ? "Permanent" : "Transient",
    subType: subTypes[enhancedCode?.split(".").slice(1).join(".") ?? ""] ?? "General",
  };
}
