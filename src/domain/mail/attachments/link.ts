/** Links to attachments' bytes. */
import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { type Download, signDownload } from "../blobs/index.ts";
import type { Attachment } from "./attachment.ts";
import { findAttachment } from "./store.ts";

export interface AttachmentFile {
  readonly attachment: Attachment;
  readonly organizationId: string;
  readonly podId: string;
  readonly download: Download;
}

/** What an attachment is looked for in: one message, or all of a thread. */
type AttachmentHolder = { readonly podId: string; readonly organizationId: string } & (
  | { readonly messageUuid: string }
  | { readonly threadId: string }
);

/** @throws Failure object.not_found for every way an attachment can be absent */
export async function linkToAttachment(
  { tx, scope, sealer, now }: Context,
  { organizationId, ...of }: AttachmentHolder,
  attachmentId: string,
): Promise<AttachmentFile> {
  const found = isUuid(attachmentId) ? await findAttachment(tx, scope, of, attachmentId) : null;
  if (found === null)
    throw fail("object.not_found", {
      message: "Attachment not found",
      hint: "The ids are in the message's attachments.",
    });
  const { attachment, sha256 } = found;
  const { filename, contentType } = attachment;
  const download = signDownload(sealer, now, { podId: of.podId, sha256, filename, contentType });
  return { attachment, organizationId, podId: of.podId, download };
}
