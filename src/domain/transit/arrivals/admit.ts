/** Recipients held against the rules of their pods, by the envelope's sender: what is blocked here is never read. */
import type { Clock } from "../../../lib/clock.ts";
import { createGrouping } from "../../../lib/grouping.ts";
import type { Memory } from "../../../lib/memory.ts";
import type { Database } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { type Evaluation, insertRefused } from "../../guardrails/evaluations/index.ts";
import {
  type ArrivalAsked,
  arrivalFrom,
  type EarlyVerdict,
  evaluationOf,
  failedRuling,
  judgeEnvelopes,
  type Ruling,
  rulingAtRcpt,
  unavailable,
} from "../../guardrails/rules/index.ts";
import { MAX_INGEST_GROUP, MAX_INGEST_GROUP_BYTES } from "../../limits.ts";
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
  readonly found: EarlyVerdict | Ruling;
  readonly evaluation: Evaluation;
}

/**
 * Recipients that come together are judged together. The row of one that is refused is committed before it is; what was found of one
 * that may pass goes with its mail. The null reverse-path names nobody to judge: a bounce is judged by its header.
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
    if (!inbox.guardrails.hasRules || envelopeFrom === "") return recipient;
    const answer = await judging.add({ inbox, sender: envelopeFrom });
    if (answer === null) return recipient;
    const { found, evaluation } = answer;
    if ("error" in found) throw unavailable(found.error);
    if (found.verdict.blocked) throw refusedByRule();
    return { ...recipient, atRcpt: { sender: envelopeFrom, early: found, evaluation } };
  };
}

async function judge(parts: AdmitParts, asked: readonly ArrivalAsked[]): Promise<readonly (Answer | null)[]> {
  const { database, scope, newId, clock } = parts;
  // Before anything is asked, so that an answer never counts as newer than it is.
  const now = clock.now();
  const all = await findingsOf(parts, asked);
  const answers = all.map((found, index): Answer | null => {
    const inbox = asked[index]?.inbox;
    if (found === null || inbox === undefined) return null;
    const ruling = "error" in found ? found : rulingAtRcpt(found);
    const evaluation = evaluationOf(ruling, { stage: "rcpt", inbox, messageUuid: null, newId, now });
    return { found, evaluation };
  });
  const refused = answers.flatMap((answer) =>
    answer !== null && ("error" in answer.found || answer.found.verdict.blocked) ? [answer.evaluation] : [],
  );
  if (refused.length > 0) await database.transaction(scope, (tx) => insertRefused(tx, scope, refused));
  return answers;
}

/** @throws what the database does for several recipients: then each is tried alone, and one that fails spoils no other */
async function findingsOf(
  { database, scope, memory }: AdmitParts,
  asked: readonly ArrivalAsked[],
): Promise<readonly (EarlyVerdict | Ruling | null)[]> {
  try {
    return await database.readOnce(scope, (tx) => judgeEnvelopes(tx, scope, memory, asked));
  } catch (error) {
    if (asked.length > 1) throw error;
    return asked.map(({ sender }) => failedRuling(arrivalFrom(sender), error));
  }
}
