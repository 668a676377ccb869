/** Links to attachments' bytes. */
import { isUuid } from "../../../lib/uuid.ts";
import { formatOf } from "../../../protocols/documents/index.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { type Download, signDownload } from "../blobs/index.ts";
import type { Attachment } from "./attachment.ts";
import { MAX_DOCUMENT_BYTES } from "./limits.ts";
import { findAttachment } from "./store.ts";

export interface AttachmentFile {
  readonly attachment: Attachment;
  readonly organizationId: string;
  readonly podId: string;
  readonly download: Download;
  /** Of the text of the document; null when it has none, or is none. */
  readonly text: Download | null;
}

/** What an attachment is looked for in: one message, or all of a thread. */
type AttachmentHolder = { readonly podId: string; readonly organizationId: string } & (
  | { readonly messageUuid: string }
  // Of its messages those count that have none of these labels.
  | { readonly threadId: string; readonly hidden: readonly string[] }
);

/** @throws Failure object.not_found for every way an attachment can be absent */
export async function linkToAttachment(
  context: Context,
  { organizationId, ...of }: AttachmentHolder,
  attachmentId: string,
): Promise<AttachmentFile> {
  const { tx, scope } = context;
  const found = isUuid(attachmentId) ? await findAttachment(tx, scope, of, attachmentId) : null;
  if (found === null)
    throw fail("object.not_found", {
      message: "Attachment not found",
      hint: "The ids are in the message's attachments.",
    });
  return fileOf(context, { organizationId, podId: of.podId }, found);
}

/** An attachment's bytes by a link, and its text by another, if it has one. */
export function fileOf(
  context: Context,
  { organizationId, podId }: Pick<AttachmentFile, "organizationId" | "podId">,
  { attachment, sha256 }: { readonly attachment: Attachment; readonly sha256: Buffer },
): AttachmentFile {
  const { filename, contentType } = attachment;
  const link = (
    file: Pick<Parameters<typeof signDownload>[2], "filename" | "contentType" | "isText">,
  ): Download => signDownload(context.sealer, context.now, { podId, sha256, ...file });
  const text = hasText(context, podId, sha256, attachment)
    ? link({
        filename: `${filename ?? "attachment"}.txt`,
        contentType: "text/plain; charset=utf-8",
        isText: true,
      })
    : null;
  return { attachment, organizationId, podId, download: link({ filename, contentType }), text };
}

/** Looks for it when nobody has yet, which may take seconds: no transaction is open meanwhile. */
function hasText(context: Context, podId: string, sha256: Buffer, attachment: Attachment): boolean {
  const format = formatOf(attachment.contentType, attachment.filename);
  if (format === null || attachment.size > MAX_DOCUMENT_BYTES) return false;
  return context.outside({ kind: "documentText", podId, sha256, format });
}
