/** Drafts that are about to be changed, deleted or sent. */
import { isUuid } from "../../../lib/uuid.ts";
import type { InboxContext } from "../../door/context.ts";
import { DUE_CHANNEL, dueNotice } from "../../door/due.ts";
import { fail } from "../../door/failures.ts";
import { sweepJob } from "../../mail/blobs/index.ts";
import { deleteClaim } from "../../tenancy/client-ids/index.ts";
import type { FullDraft } from "./draft.ts";
import { noDraft } from "./get.ts";
import { deleteDraftRow, lockDraft } from "./store.ts";

/**
 * A draft of the inbox, which nobody else changes or sends meanwhile. One that another sends at this moment is not waited for: it is gone when
 * that has ended, and a change would be lost with it.
 * @throws Failure object.not_found; object.conflict while another changes or sends it
 */
export async function requireLocked(context: InboxContext, draftId: string): Promise<FullDraft> {
  const { tx, scope, inbox } = context;
  const draft = isUuid(draftId) ? await lockDraft(tx, scope, inbox, draftId, { room: context.room }) : null;
  if (draft === "busy")
    throw fail("object.conflict", {
      message: "The draft is being changed or sent",
      hint: "Get it again: if it is there yet, repeat the request.",
    });
  if (draft === null) throw noDraft();
  return draft;
}

/** Deletes a locked draft: its client_id is free, and its files go if nothing else has them. */
export async function remove(context: InboxContext, draft: FullDraft): Promise<void> {
  const { tx, scope } = context;
  await Promise.all([
    deleteDraftRow(tx, scope, draft),
    draft.clientId === null ? null : deleteClaim(tx, scope, draft.id),
  ]);
  if (draft.attachments.length > 0) context.enqueue(sweepJob(draft.podId));
}

/** Has workers look at once for a draft that is due now; one that is due later they find by looking. */
export function noticeOf({ tx, now }: InboxContext, { podId, schedule }: FullDraft): void {
  if (schedule?.status === "scheduled" && schedule.sendAt <= now)
    tx.beforeCommit(tx.notify(DUE_CHANNEL, dueNotice("drafts", podId)));
}
