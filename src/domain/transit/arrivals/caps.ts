/** Limits of inboxes on the mail that arrives for them: at RCPT, when the mail is there, and exactly when it is stored. */
import type { Clock } from "../../../lib/clock.ts";
import { createGrouping } from "../../../lib/grouping.ts";
import type { Database } from "../../../storage/db.ts";
import type { InboxTarget, SystemScope } from "../../door/access/index.ts";
import type { Failure } from "../../door/failures.ts";
import type { LimitsInForce } from "../../door/mail-limits.ts";
import {
  type ArrivalCounts,
  checkSize,
  type LimitedInbox,
  refusalOfContent,
  refusalsNow,
} from "../../guardrails/policies/index.ts";
import { MAX_INGEST_GROUP } from "../../limits.ts";
import type { Arrival } from "./arrival.ts";
import { MAX_INGEST_GROUP_BYTES } from "./limits.ts";
import type { Recipient } from "./receiver.ts";
import type { Refusals } from "./refusals.ts";

export interface CapParts {
  readonly database: Database;
  readonly scope: SystemScope;
  readonly clock: Clock;
  readonly limitsInForce: LimitsInForce;
}

/** Finds the limits of an inbox; without a statement, but for the first mail under a version of them. */
export function limitsFinder({
  database,
  scope,
  limitsInForce,
}: CapParts): (inbox: InboxTarget) => Promise<LimitedInbox> {
  return async (inbox) => {
    const limits =
      limitsInForce.known(inbox) ??
      (await database.readOnce(scope, (tx) => limitsInForce.of(tx, scope, inbox)));
    return { inbox, limits };
  };
}

/**
 * Holds a recipient against the limits of its inbox, before there is a mail. Recipients that come together are asked for together.
 * @throws Failure message.too_large for the size that the client announces, limit.reached, storage.reached
 */
export function createCapCheck({
  database,
  scope,
  clock,
}: CapParts): (recipient: Recipient, sizeBytes: number | null) => Promise<void> {
  const asking = createGrouping<LimitedInbox, Failure | null>(
    (asked) => database.readOnce(scope, (tx) => refusalsNow(tx, scope, asked, clock.now())),
    {
      maxRows: MAX_INGEST_GROUP,
      maxBytes: MAX_INGEST_GROUP_BYTES,
      sizeOf: () => ({ rows: 1, bytes: 0 }),
      tenantOf: ({ inbox }) => inbox.podId,
    },
  );
  return async ({ inbox, limits }, sizeBytes) => {
    if (sizeBytes !== null) checkSize(limits, sizeBytes);
    if (!Number.isFinite(limits.receivedPerDay) && !Number.isFinite(limits.storageBytes)) return;
    const failure = await asking.add({ inbox, limits });
    if (failure !== null) throw failure;
  };
}

/** Which inboxes a mail is too large for, or has attachments that they do not take. */
export function contentRefusals({ mail, attachments }: Arrival): Refusals {
  const content = { bytes: mail.raw.byteLength, attachments };
  return new Map(
    mail.recipients.flatMap(({ inbox, limits }): [string, Failure][] => {
      const failure = refusalOfContent(limits, content);
      return failure === null ? [] : [[inbox.id, failure]];
    }),
  );
}

interface CappedCopy extends LimitedInbox {
  readonly arrival: Arrival;
}

/**
 * Leaves out the mails that a limit over time does not let in any more, in their order. No copy of such a mail is stored: its sender
 * comes again, and then hears at RCPT which inbox it is. @param isNew false for a copy that its inbox has already
 */
export function withinCaps<Copy extends CappedCopy>(
  copies: readonly Copy[],
  counts: ArrivalCounts,
  isNew: (copy: Copy) => boolean,
): { readonly taken: readonly Copy[]; readonly refusals: ReadonlyMap<Arrival, Refusals> } {
  const refusals = new Map<Arrival, Refusals>();
  for (const [arrival, own] of Map.groupBy(copies, (copy) => copy.arrival)) {
    const refused = counts.take(own.filter(isNew), arrival.raw.byteLength);
    if (refused !== null) refusals.set(arrival, new Map([[refused.inboxId, refused.failure]]));
  }
  const taken = refusals.size === 0 ? copies : copies.filter(({ arrival }) => !refusals.has(arrival));
  return { taken, refusals };
}
