/** Links to the raw message and to attachments. */
import { isUuid } from "../../../lib/uuid.ts";
import type { Attachment } from "../attachments/attachment.ts";
import { fail } from "../../door/failures.ts";
import { type Context, operation } from "../../door/operation.ts";
import { type Download, signDownload } from "../blobs/download.ts";
import { noMessage, requireMessageHead } from "./get.ts";
import { findAttachment, findRaw } from "./read-store.ts";

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

/** @throws Failure attachment.not_found for every way an attachment can be absent */
export async function linkToAttachment(
  { tx, scope, sealer, now }: Context,
  { organizationId, ...of }: AttachmentHolder,
  attachmentId: string,
): Promise<AttachmentFile> {
  const found = isUuid(attachmentId) ? await findAttachment(tx, scope, of, attachmentId) : null;
  if (found === null)
    throw fail("attachment.not_found", {
      say: "Attachment not found",
      fix: "The ids are in the message's attachments.",
    });
  const { attachment, sha256 } = found;
  const { filename, contentType } = attachment;
  const download = signDownload(sealer, now, { podId: of.podId, sha256, filename, contentType });
  return { attachment, organizationId, podId: of.podId, download };
}

/** A link to an attachment's bytes. */
export const getAttachment = operation({
  name: "message.get_attachment",
  needs: "message_read",
  on: "inbox",
  kind: "read",
  async run(
    context,
    input: { readonly messageId: string; readonly attachmentId: string },
  ): Promise<AttachmentFile> {
    const { podId, organizationId, id: messageUuid } = await requireMessageHead(context, input.messageId);
    return linkToAttachment(context, { podId, organizationId, messageUuid }, input.attachmentId);
  },
});

/** A link to the message as it came or went, byte for byte. */
export const getRawMessage = operation({
  name: "message.get_raw",
  needs: "message_read",
  on: "inbox",
  kind: "read",
  async run(
    context,
    input: { readonly messageId: string },
  ): Promise<{ messageId: string; size: number; download: Download }> {
    const { tx, scope, sealer, now } = context;
    const message = await requireMessageHead(context, input.messageId);
    const raw = await findRaw(tx, scope, message.podId, message.id);
    if (raw === null) throw noMessage();
    const file = {
      podId: message.podId,
      sha256: raw.sha256,
      filename: "message.eml",
      contentType: "message/rfc822",
    };
    return { messageId: message.messageId, size: raw.size, download: signDownload(sealer, now, file) };
  },
});
