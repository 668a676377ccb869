/** What a draft holds, from what callers give and to what is sent. */
import { sha256 } from "../../../lib/hash.ts";
import { previewOf } from "../../../protocols/mime/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { invalid } from "../../door/failures.ts";
import type { MailLimits } from "../../door/mail-limits.ts";
import { checkAttachments, checkSize } from "../../guardrails/policies/index.ts";
import { MAX_ATTACHMENTS } from "../../limits.ts";
import type { Attachment } from "../../mail/attachments/index.ts";
import {
  boundRecipients,
  type CheckedAttachment,
  type CheckedOutgoing,
  displayAll,
  type OutgoingAttachment,
  withRemoteFiles,
} from "../sends/index.ts";
import type { NewFile } from "./attachment-store.ts";
import { type FullDraft, sizeOf } from "./draft.ts";

/** What callers may give to a draft. */
export interface DraftContent {
  readonly to?: readonly string[];
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  readonly replyTo?: readonly string[];
  readonly subject?: string;
  readonly text?: string;
  readonly html?: string;
  readonly attachments?: readonly OutgoingAttachment[];
}

/** Content as a draft keeps it. */
export type KeptContent = Pick<
  FullDraft,
  "to" | "cc" | "bcc" | "replyTo" | "subject" | "text" | "html" | "preview"
>;

export const kept = (outgoing: CheckedOutgoing): KeptContent => ({
  to: displayAll(outgoing.to),
  cc: displayAll(outgoing.cc),
  bcc: displayAll(outgoing.bcc),
  replyTo: displayAll(outgoing.replyTo),
  subject: outgoing.subject,
  text: outgoing.text,
  html: outgoing.html,
  preview: previewOf(outgoing.text),
});

/** Hashes of the files whose bytes came with the request. */
export type Hashes = ReadonlyMap<object, Buffer>;

/** Megabytes are hashed before a transaction is open. */
export const hashesOf = ({ attachments }: CheckedOutgoing): Hashes =>
  new Map(attachments.flatMap((one) => ("content" in one ? [[one, sha256(one.content)] as const] : [])));

/** The files to add to a draft; those that are given by URL are fetched here, so that the draft has them from now on. */
export function filesToAdd(context: InboxContext, outgoing: CheckedOutgoing, hashes: Hashes): NewFile[] {
  return withRemoteFiles(context, outgoing).attachments.map((file: CheckedAttachment) => ({
    id: context.newId(),
    filename: file.filename,
    contentType: file.contentType,
    contentDisposition: file.disposition,
    contentId: file.contentId,
    sha256: hashes.get(file) ?? sha256(file.content),
    content: file.content,
  }));
}

export const shown = ({ sha256: _hash, content, ...file }: NewFile): Attachment => ({
  ...file,
  size: content.byteLength,
});

/**
 * Refuses what could never be sent: it is looked at again when it is.
 * @throws Failure input.invalid, attachment.refused, message.too_large
 */
export function checkDraft(
  limits: MailLimits,
  draft: KeptContent & { readonly attachments: readonly Attachment[] },
): void {
  boundRecipients(draft);
  if (draft.attachments.length > MAX_ATTACHMENTS)
    throw invalid(["attachments"], `A message may have ${MAX_ATTACHMENTS} attachments at most`);
  checkAttachments(
    limits,
    draft.attachments.map(({ contentType, size }) => ({ contentType, content: { byteLength: size } })),
  );
  checkSize(limits, sizeOf(draft));
}
