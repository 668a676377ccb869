/** Mail whose time is over, by the limits of its pod: deleted as its owner would, in small transactions. */
import type { Tx } from "../../../storage/db.ts";
import { insertEvents, type SystemScope } from "../../door/access/index.ts";
import type { NewEvent } from "../../door/events.ts";
import type { Expiry } from "../../guardrails/policies/index.ts";
import { sweepJob } from "../../mail/blobs/index.ts";
import { deleteMessageRows } from "../../mail/messages/index.ts";
import { lockThreads, recomputeThreads } from "../../mail/thread-state/index.ts";
import { type Expired, findExpired, stillExpired } from "./expire-store.ts";
import { RETENTION_BATCH } from "./limits.ts";

/**
 * Deletes a batch of a pod's messages that are too old, the oldest first, and leaves an event of each. Copies that were accepted and
 * not delivered yet go out. @param expiry null: nothing. @returns how many there were; fewer than RETENTION_BATCH: there are no more
 */
export async function expireMessages(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  expiry: Expiry | null,
  { newId, now }: { readonly newId: () => string; readonly now: Date },
): Promise<number> {
  if (expiry === null) return 0;
  const found = await findExpired(tx, scope, podId, expiry, RETENTION_BATCH);
  if (found.length === 0) return 0;
  const threadIds = [...new Set(found.map(({ threadId }) => threadId))];
  await lockThreads(
    tx,
    scope,
    threadIds.map((id) => ({ podId, id })),
  );
  // Behind the locks: one that was taken out of the trash meanwhile stays.
  const expired = await stillExpired(tx, scope, podId, expiry, found);
  await deleteMessageRows(
    tx,
    scope,
    podId,
    expired.map(({ id }) => id),
  );
  await recomputeThreads(tx, scope, podId, threadIds, now);
  const events = expired.map((message) => deletedEvent(message, podId, { id: newId(), at: now }));
  tx.beforeCommit(insertEvents(tx, scope, events), tx.enqueue([sweepJob(podId)]));
  return found.length;
}

const deletedEvent = (
  message: Expired,
  podId: string,
  { id, at }: Pick<NewEvent, "id" | "at">,
): NewEvent => ({
  id,
  at,
  type: "message.deleted",
  organizationId: message.organizationId,
  podId,
  inboxId: message.inboxId,
  messageUuid: message.id,
  data: { messageId: message.messageId, threadId: message.threadId, why: "retention" },
});
