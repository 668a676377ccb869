/** What rules made of a message on its way, and the row that it leaves. */
import { EVALUATION_ERROR, type Evaluation, type Stage } from "../evaluations/index.ts";
import type { Ruled } from "./in-force.ts";
import { type Applied, blockApplied } from "./placement.ts";
import type { Subject } from "./subject.ts";

export interface Ruling {
  readonly subject: Subject;
  /** Ids of the rules that matched, in the order of evaluation. */
  readonly matched: readonly string[];
  readonly applied: Applied;
  /** Why the rules could not be evaluated: then nothing is let through (nylas 4.3). Null: they were. */
  readonly error: unknown;
}

export const isBlocked = ({ applied }: Ruling): boolean => applied.actions.includes("block");

export const failedRuling = (subject: Subject, error: unknown): Ruling => ({
  subject,
  matched: [],
  applied: blockApplied,
  error: error ?? new Error("rules could not be evaluated"),
});

/** Of what it is, beside the ruling. */
export interface Trail {
  readonly stage: Stage;
  readonly inbox: Ruled;
  /** The message that was stored, whose id the row has; null: none was. */
  readonly messageUuid: string | null;
  readonly newId: () => string;
  readonly now: Date;
}

export function evaluationOf(
  { subject, matched, applied, error }: Ruling,
  { stage, inbox, messageUuid, newId, now }: Trail,
): Evaluation {
  const isSend = stage === "send";
  return {
    id: messageUuid ?? newId(),
    organizationId: inbox.organizationId,
    podId: inbox.podId,
    inboxId: inbox.id,
    messageUuid,
    stage,
    from: subject.from?.address ?? null,
    recipients: isSend ? subject.recipients.map(({ address }) => address) : null,
    outboundType: subject.outboundType,
    applied: error === null ? applied.actions : [...applied.actions, EVALUATION_ERROR],
    folders: applied.folders,
    matchedRuleIds: matched,
    createdAt: now,
  };
}
