/** Links to the raw message and to attachments. */
import { isUuid } from "../../lib/uuid.ts";
import type { Attachment } from "../attachment.ts";
import { fail } from "../failures.ts";
import { operation } from "../operation.ts";
import { type Download, signDownload } from "./download.ts";
import { noMessage, requireMessageHead } from "./get.ts";
import { findAttachment, findRaw } from "./read-store.ts";

export interface AttachmentFile {
  readonly attachment: Attachment;
  readonly organizationId: string;
  readonly podId: string;
  readonly download: Download;
}

/** Made for every way an attachment can be absent. */
export const noAttachment = () =>
  fail("attachment.not_found", {
    say: "Attachment not found",
    fix: "The ids are in the message's attachments.",
  });

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
    const { tx, scope, sealer, now } = context;
    const { podId, organizationId, id: messageUuid } = await requireMessageHead(context, input.messageId);
    const found = isUuid(input.attachmentId)
      ? await findAttachment(tx, scope, { podId, messageUuid }, input.attachmentId)
      : null;
    if (found === null) throw noAttachment();
    const { attachment, sha256 } = found;
    const download = signDownload(sealer, now, {
      podId,
      sha256,
      filename: attachment.filename,
      contentType: attachment.contentType,
    });
    return { attachment, organizationId, podId, download };
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
