import type { InboxContext } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import { changedLabels, checkNewLabels, type LabelChange } from "../../mail/labels/index.ts";
import {
  type CheckedAttachment,
  type CheckedOutgoing,
  checkOutgoing,
  repeatable,
  requireRecipients,
  type Sent,
  submit,
  submitFailures,
  withIdempotencyKey,
} from "../sends/index.ts";
import { readFiles } from "./attachment-store.ts";
import type { FullDraft } from "./draft.ts";
import { remove, requireLocked } from "./lock.ts";
import { ownLabels } from "./schedule.ts";
import { completed } from "./source.ts";

export interface SendDraft extends LabelChange {
  readonly draftId: string;
  readonly idempotencyKey: string | null;
}

/**
 * Sends a draft, scheduled or not: message and deliveries are there with the commit that deletes it, so that it is sent once whoever else
 * tries at the same moment.
 */
export const sendDraft = operation({
  name: "draft.send",
  needs: ["draft_send"],
  on: "inbox",
  kind: "write",
  fails: ["object.not_found", ...submitFailures],
  check: (input: SendDraft) => ({
    draftId: input.draftId,
    // To the message's labels: those of the draft are its own.
    labels: {
      addLabels: checkNewLabels(["addLabels"], input.addLabels),
      removeLabels: checkNewLabels(["removeLabels"], input.removeLabels),
    },
    request: repeatable("draft.send", input),
  }),
  run: (context, { draftId, labels, request }): Promise<Sent> =>
    // Looked up inside: a repeated send gets the first answer, though the draft is gone.
    withIdempotencyKey(context, request, async () =>
      sendLocked(context, await requireLocked(context, draftId), labels),
    ),
});

/** Sends a draft that is locked, and deletes it. @throws Failure as every send */
export async function sendLocked(
  context: InboxContext,
  draft: FullDraft,
  labels: LabelChange,
): Promise<Sent> {
  const own = await outgoingOf(context, draft, changedLabels(ownLabels(draft.labels), labels));
  const { outgoing, threadRef } = await completed(context, draft, own);
  requireRecipients(outgoing);
  context.target(draft.id);
  // Before the send, which holds the inbox's counts until the commit from its last step on.
  await remove(context, draft);
  return submit(context, outgoing, threadRef);
}

/** What a draft says, by the rules of a send of now. */
async function outgoingOf(
  { tx, scope }: InboxContext,
  draft: FullDraft,
  labels: readonly string[],
): Promise<CheckedOutgoing> {
  const { to, cc, bcc, replyTo, subject, text, html } = draft;
  const checked = checkOutgoing({
    ...{ to, cc, bcc, replyTo },
    ...(subject !== null && { subject }),
    ...(text !== null && { text }),
    ...(html !== null && { html }),
  });
  const bytes = draft.attachments.length === 0 ? new Map() : await readFiles(tx, scope, draft);
  const attachments = draft.attachments.map((file): CheckedAttachment => {
    const content = bytes.get(file.id);
    if (content === undefined) throw new Error(`the bytes of file ${file.id} of a draft are missing`);
    const { filename, contentType, contentId, contentDisposition } = file;
    return { filename, contentType, contentId, disposition: contentDisposition ?? "attachment", content };
  });
  return { ...checked, labels, attachments };
}
