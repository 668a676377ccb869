import type { InboxContext } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { requirePermission } from "../../door/permission.ts";
import { sweepJob } from "../../mail/blobs/index.ts";
import { changedLabels, checkNewLabels, type LabelChange } from "../../mail/labels/index.ts";
import { type CheckedOutgoing, checkOutgoing } from "../sends/index.ts";
import { deleteFiles, insertFiles } from "./attachment-store.ts";
import {
  checkDraft,
  type DraftContent,
  filesToAdd,
  type Hashes,
  hashesOf,
  type KeptContent,
  kept,
  shown,
} from "./content.ts";
import { type FullDraft, type Schedule, shownTo } from "./draft.ts";
import { noticeOf, requireLocked } from "./lock.ts";
import { ownLabels, scheduledAt, withSchedule } from "./schedule.ts";
import { saveDraft } from "./store.ts";

/** Null clears a field; what is absent stays. */
export type UpdateDraft = {
  readonly [Field in Exclude<keyof DraftContent, "attachments">]?: DraftContent[Field] | null;
} & {
  readonly draftId: string;
  /** Files to add. */
  readonly attachments?: DraftContent["attachments"];
  /** Ids of files to take off it, each of which it has. */
  readonly removeAttachments: readonly string[];
  /** Null: it is not sent by itself any more. */
  readonly sendAt?: Date | null;
} & LabelChange;

/** What is to change. */
interface DraftChange extends Pick<UpdateDraft, "draftId" | "removeAttachments" | "sendAt"> {
  readonly outgoing: CheckedOutgoing;
  readonly content: Partial<KeptContent>;
  readonly hashes: Hashes;
  readonly labels: LabelChange;
}

/**
 * Changes a draft. A change of its time schedules it anew, one that had failed as well. What stays scheduled is sent as it is then, so that a
 * change of it is a send of what nobody who may send has seen; and who names the recipients of a forward could read what it passes on.
 */
export const updateDraft = operation({
  name: "draft.update",
  needs: [
    "draft_update",
    {
      permission: "draft_send",
      if: ({ sendAt = null }: UpdateDraft) => sendAt !== null,
      says: "when it is to be sent at a time",
    },
  ],
  on: "inbox",
  kind: "write",
  fails: ["object.not_found", "message.rejected", "attachment.refused", "message.too_large"],
  check: planChange,
  run: change,
});

const contentFields = ["to", "cc", "bcc", "replyTo", "subject", "text", "html"] as const;

function planChange(input: UpdateDraft): DraftChange {
  const { draftId, removeAttachments, sendAt, attachments = [] } = input;
  const given = Object.fromEntries(contentFields.map((name) => [name, input[name] ?? undefined]));
  const outgoing = checkOutgoing({ ...given, attachments });
  const all = kept(outgoing);
  const changed = contentFields.filter((name) => input[name] !== undefined);
  const content = Object.fromEntries(changed.map((name) => [name, all[name]]));
  return {
    ...{ draftId, removeAttachments, outgoing },
    ...(sendAt !== undefined && { sendAt }),
    content: changed.includes("text") ? { ...content, preview: all.preview } : content,
    hashes: hashesOf(outgoing),
    labels: {
      addLabels: checkNewLabels(["addLabels"], input.addLabels),
      removeLabels: checkNewLabels(["removeLabels"], input.removeLabels),
    },
  };
}

async function change(context: InboxContext, plan: DraftChange): Promise<FullDraft> {
  const { tx, scope, inbox, now } = context;
  const draft = await requireLocked(context, plan.draftId);
  context.target(draft.id);
  const schedule = rescheduled(context, draft, plan.sendAt);
  if (draft.kind === "forward" && ["to", "cc", "bcc"].some((name) => name in plan.content))
    requirePermission(context.actor, "message_read", "for the recipients of a message that is forwarded");
  if (schedule?.status === "scheduled")
    requirePermission(context.actor, "draft_send", "for a draft that is scheduled");
  const labels = changedLabels(ownLabels(draft.labels), plan.labels);
  const limits = await context.limitsInForce.of(tx, scope, inbox);
  const removed = filesToRemove(draft, plan.removeAttachments);
  const left = draft.attachments.filter((file) => !removed.includes(file));
  const added = filesToAdd(context, plan.outgoing, plan.hashes);
  const changed: FullDraft = {
    ...draft,
    ...plan.content,
    schedule,
    labels: withSchedule(labels, schedule),
    attachments: [...left, ...added.map(shown)],
    updatedAt: now,
  };
  checkDraft(limits, changed);
  await Promise.all([
    saveDraft(tx, scope, changed),
    removed.length === 0
      ? null
      : deleteFiles(
          tx,
          scope,
          draft,
          removed.map(({ id }) => id),
        ),
    insertFiles(tx, scope, changed, added, now),
  ]);
  if (removed.length > 0) context.enqueue(sweepJob(draft.podId));
  noticeOf(context, changed);
  return shownTo(context.actor, changed);
}

/** An id that is passed over would leave a file in a mail whose author believes that it is gone. */
function filesToRemove({ attachments }: FullDraft, ids: readonly string[]): FullDraft["attachments"] {
  for (const [index, id] of ids.entries())
    if (!attachments.some((file) => file.id === id))
      throw fail("object.not_found", {
        message: "Attachment not found",
        path: ["removeAttachments", index],
        hint: "The ids are in the draft's attachments.",
      });
  return attachments.filter(({ id }) => ids.includes(id));
}

/** What is scheduled, and stays so, is sent as who changed it last would send it. */
function rescheduled(
  { now, actor }: InboxContext,
  { schedule }: FullDraft,
  sendAt: Date | null | undefined,
): Schedule | null {
  if (sendAt === null) return null;
  if (sendAt !== undefined) return scheduledAt(sendAt, now, actor);
  return schedule?.status === "scheduled" ? { ...schedule, unseen: actor.unseenLabels } : schedule;
}
