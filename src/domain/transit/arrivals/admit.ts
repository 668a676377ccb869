/** Recipients held against the rules of their pods, by the envelope's sender: what is blocked here is never read. */
import type { Clock } from "../../../lib/clock.ts";
import type { Memory } from "../../../lib/memory.ts";
import type { Database } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { type Evaluation, insertEvaluations } from "../../guardrails/evaluations/index.ts";
import {
  type ArrivalAsked,
  arrivalFrom,
  evaluationOf,
  failedRuling,
  isBlocked,
  judgeArrivals,
  type Ruling,
  unavailable,
} from "../../guardrails/rules/index.ts";
import { MAX_INGEST_GROUP, MAX_INGEST_GROUP_BYTES } from "../../limits.ts";
import { createGrouping } from "./grouping.ts";
import type { Recipient } from "./receiver.ts";
import { refusedByRule } from "./rulings.ts";

export interface AdmitParts {
  readonly database: Database;
  readonly scope: SystemScope;
  readonly memory: Memory;
  readonly clock: Clock;
  readonly newId: () => string;
}

interface Answer {
  readonly ruling: Ruling;
  readonly evaluation: Evaluation;
}

/**
 * Recipients that come together are judged together. The row of one that is refused is committed before it is; that of one that may
 * pass goes with its mail. The null reverse-path names nobody to judge: a bounce is judged by its header.
 */
export function createAdmission(
  parts: AdmitParts,
): (recipient: Recipient, envelopeFrom: string) => Promise<Recipient> {
  const judging = createGrouping<ArrivalAsked, Answer | null>((asked) => judge(parts, asked), {
    maxRows: MAX_INGEST_GROUP,
    maxBytes: MAX_INGEST_GROUP_BYTES,
    sizeOf: ({ sender }) => ({ rows: 1, bytes: sender?.length ?? 0 }),
    tenantOf: ({ inbox }) => inbox.podId,
  });
  return async (recipient, envelopeFrom) => {
    const { inbox } = recipient;
    if (inbox.guardrails.ruleIds.length === 0 || envelopeFrom === "") return recipient;
    const answer = await judging.add({ inbox, sender: envelopeFrom });
    if (answer === null) return recipient;
    const { ruling, evaluation } = answer;
    if (!isBlocked(ruling)) return { ...recipient, evaluation };
    throw ruling.error === null ? refusedByRule() : unavailable(ruling.error);
  };
}

async function judge(parts: AdmitParts, asked: readonly ArrivalAsked[]): Promise<readonly (Answer | null)[]> {
  const { database, scope, newId, clock } = parts;
  const rulings = await rulingsOf(parts, asked);
  const now = clock.now();
  const answers = rulings.map((ruling, index): Answer | null => {
    const inbox = asked[index]?.inbox;
    if (ruling === null || inbox === undefined) return null;
    const evaluation = evaluationOf(ruling, { stage: "rcpt", inbox, messageUuid: null, newId, now });
    return { ruling, evaluation };
  });
  const refused = answers.flatMap((answer) =>
    answer !== null && isBlocked(answer.ruling) ? [answer.evaluation] : [],
  );
  if (refused.length > 0) await database.transaction(scope, (tx) => insertEvaluations(tx, scope, refused));
  return answers;
}

/** @throws what the database does for several recipients: then each is tried alone, and one that fails spoils no other */
async function rulingsOf(
  { database, scope, memory }: AdmitParts,
  asked: readonly ArrivalAsked[],
): Promise<readonly (Ruling | null)[]> {
  try {
    const rulingOn = await database.readOnce(scope, (tx) =>
      judgeArrivals(tx, scope, memory, asked, "blocking"),
    );
    return asked.map(rulingOn);
  } catch (error) {
    if (asked.length > 1) throw error;
    return asked.map(({ sender }) => failedRuling(arrivalFrom(sender), error));
  }
}
