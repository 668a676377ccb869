/** Recipients held against the rules of their pods, by the envelope's sender: what is blocked here is never read. */
import type { Clock } from "../../../lib/clock.ts";
import { createGrouping } from "../../../lib/grouping.ts";
import type { Memory } from "../../../lib/memory.ts";
import type { Database } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { type Evaluation, insertRefused } from "../../guardrails/evaluations/index.ts";
import {
  arrivalFrom,
  type EarlyVerdict,
  evaluationOf,
  failedRuling,
  judgeAhead,
  judgeEnvelope,
  type Ruling,
  rulingAtRcpt,
  unavailable,
} from "../../guardrails/rules/index.ts";
import { MAX_INGEST_GROUP } from "../../limits.ts";
import { MAX_INGEST_GROUP_BYTES } from "./limits.ts";
import type { Recipient } from "./receiver.ts";
import { refusedByRule } from "./rulings.ts";

export interface AdmitParts {
  readonly database: Database;
  readonly scope: SystemScope;
  readonly memory: Memory;
  readonly clock: Clock;
  readonly newId: () => string;
}

interface Judged {
  readonly found: EarlyVerdict | Ruling | null;
  /** Before anything was asked, so that an answer never counts as newer than it is. */
  readonly at: Date;
}

/**
 * The row of a recipient that is refused is committed before it is, those of several together; what was found of one that may pass goes
 * with its mail. The null reverse-path names nobody to judge: a bounce is judged by its header.
 */
export function createAdmission(
  parts: AdmitParts,
): (recipient: Recipient, envelopeFrom: string) => Promise<Recipient> {
  const { database, scope, newId } = parts;
  const refused = createGrouping<Evaluation, null>(
    async (rows) => {
      await database.transaction(scope, (tx) => insertRefused(tx, scope, rows));
      return rows.map(() => null);
    },
    {
      maxRows: MAX_INGEST_GROUP,
      maxBytes: MAX_INGEST_GROUP_BYTES,
      sizeOf: ({ from }) => ({ rows: 1, bytes: from?.length ?? 0 }),
      tenantOf: ({ podId }) => podId,
    },
  );
  return async (recipient, envelopeFrom) => {
    const { inbox } = recipient;
    if (!inbox.guardrails.hasRules || envelopeFrom === "") return recipient;
    const { found, at } = await judge(parts, recipient, envelopeFrom);
    if (found === null) return recipient;
    const isFailed = "error" in found;
    if (!isFailed && !found.verdict.blocked)
      return { ...recipient, atRcpt: { sender: envelopeFrom, early: found, id: newId(), at } };
    const ruling = isFailed ? found : rulingAtRcpt(found);
    await refused.add(evaluationOf(ruling, { stage: "rcpt", inbox, messageUuid: null, newId, now: at }));
    throw isFailed ? unavailable(found.error) : refusedByRule();
  };
}

/** Without a statement where the look-up of the recipient asked the lists that its rules name: but for the first mail under a version of them. */
async function judge(
  { database, scope, memory, clock }: AdmitParts,
  { inbox, name, ahead }: Recipient,
  sender: string,
): Promise<Judged> {
  const asked = { inbox, sender };
  const known = judgeAhead(memory, asked, ahead);
  if (known !== undefined) return { found: known, at: ahead?.at ?? clock.now() };
  const at = clock.now();
  try {
    const found = await database.readOnce(scope, (tx) => judgeEnvelope(tx, scope, memory, asked, name));
    return { found, at };
  } catch (error) {
    return { found: failedRuling(arrivalFrom(sender), error), at };
  }
}
