/** What rules make of the mail of a group: which copies they refuse, what is done to the others, and the rows that this leaves. */
import type { Memory } from "../../../lib/memory.ts";
import type { Tx } from "../../../storage/db.ts";
import type { InboxTarget, SystemScope } from "../../door/access/index.ts";
import { type Failure, fail } from "../../door/failures.ts";
import type { Evaluation } from "../../guardrails/evaluations/index.ts";
import {
  type ArrivalAsked,
  evaluationOf,
  isBlocked,
  judgeArrivals,
  partyOf,
  type Ruling,
  type RulingOn,
  rulingAtRcpt,
  unavailable,
} from "../../guardrails/rules/index.ts";
import type { Arrival } from "./arrival.ts";
import { MAX_EARLY_VERDICT_MS } from "./limits.ts";
import type { JudgedAtRcpt } from "./receiver.ts";
import { type Refusals, transientOf } from "./refusals.ts";

/** A mail in one of its inboxes. */
export interface RuledCopy {
  readonly arrival: Arrival;
  readonly inbox: InboxTarget;
  /** Undefined: it was not asked for there. */
  readonly atRcpt: JudgedAtRcpt | undefined;
}

/** Rules could not be asked, for a reason of the database's: nothing of the mail may be stored. */
export class RulesFailed extends Error {}

/** @throws RulesFailed */
export async function rulingsOn(
  tx: Tx,
  scope: SystemScope,
  memory: Memory,
  copies: readonly RuledCopy[],
): Promise<RulingOn> {
  try {
    return await judgeArrivals(tx, scope, memory, copies.map(askedOf));
  } catch (error) {
    throw new RulesFailed("rules were not evaluated", { cause: error });
  }
}

/**
 * Judged by the sender in the header; by the reverse-path when it names none. What was found at RCPT holds for a mail whose header
 * names the same one, but not for long: an answer of lists from then would else outlast a client that takes its time with DATA.
 */
export const askedOf = (copy: RuledCopy): ArrivalAsked => {
  const { arrival, inbox, atRcpt } = copy;
  const isFresh =
    atRcpt !== undefined && arrival.mail.receivedAt.getTime() - atRcpt.at.getTime() <= MAX_EARLY_VERDICT_MS;
  const early = isFresh && isOfSender(atRcpt, arrival.sender) ? atRcpt.early : undefined;
  return { inbox, sender: arrival.sender, early };
};

const isOfSender = ({ sender, early }: JudgedAtRcpt, named: string | null): boolean =>
  named !== null && (named === sender || partyOf(named).address === early.subject.from?.address);

export interface Sifted<Copy> {
  readonly taken: readonly Copy[];
  /** Of mails that at least one inbox refuses. */
  readonly refusals: ReadonlyMap<Arrival, Refusals>;
  /** Those that are not taken because of a rule of theirs. */
  readonly refused: readonly Copy[];
}

/**
 * Leaves out the copies that a rule blocks. Where the rules of one inbox could not be evaluated no copy of the mail is taken: its
 * sender comes again, and those who had taken it would only hold back the one answer that there is for all of them.
 */
export function sift<Copy extends RuledCopy>(copies: readonly Copy[], rulingOn: RulingOn): Sifted<Copy> {
  const refusals = new Map<Arrival, Map<string, Failure>>();
  const refused: Copy[] = [];
  for (const copy of copies) {
    const ruling = rulingOn(askedOf(copy));
    if (ruling === null || !isBlocked(ruling)) continue;
    refused.push(copy);
    const own = refusals.get(copy.arrival) ?? new Map<string, Failure>();
    own.set(copy.inbox.id, ruling.error === null ? refusedByRule() : unavailable(ruling.error));
    refusals.set(copy.arrival, own);
  }
  const taken = copies.filter(({ arrival, inbox }) => {
    const own = refusals.get(arrival);
    return own === undefined || !(own.has(inbox.id) || transientOf(own) !== null);
  });
  return { taken, refusals, refused };
}

/** Says nothing of the rule to the sender. */
export const refusedByRule = (): Failure =>
  fail("rule.blocked", {
    message: "Message refused by policy",
    logDetail: "a rule of the inbox's pod blocks it",
  });

/**
 * What was found at RCPT has a row of its own only where the header names another sender.
 * @param messageUuid of the stored copy; null: none was
 */
export function arrivalTrail(
  copy: RuledCopy,
  ruling: Ruling | null,
  messageUuid: string | null,
  parts: { readonly newId: () => string; readonly now: Date },
): Evaluation[] {
  const { arrival, inbox, atRcpt } = copy;
  const own =
    ruling === null ? [] : [evaluationOf(ruling, { stage: "arrival", inbox, messageUuid, ...parts })];
  const isCovered = atRcpt === undefined || (own.length > 0 && isOfSender(atRcpt, arrival.sender));
  return isCovered ? own : [trailAtRcpt(inbox, atRcpt), ...own];
}

const trailAtRcpt = (inbox: InboxTarget, { early, id, at }: JudgedAtRcpt): Evaluation =>
  evaluationOf(rulingAtRcpt(early), { stage: "rcpt", inbox, messageUuid: null, newId: () => id, now: at });

/** The evaluations of copies that are stored, under their ids, and of those that a rule refuses. */
export const trailOf = (
  stored: readonly (RuledCopy & { readonly id: string })[],
  refused: readonly RuledCopy[],
  rulingOn: RulingOn,
  parts: { readonly newId: () => string; readonly now: Date },
): readonly Evaluation[] =>
  [
    ...stored.map((copy) => ({ copy, messageUuid: copy.id })),
    ...refused.map((copy) => ({ copy, messageUuid: null })),
  ].flatMap(({ copy, messageUuid }) => arrivalTrail(copy, rulingOn(askedOf(copy)), messageUuid, parts));
