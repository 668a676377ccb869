/** Links to the raw message and to attachments. */

import { operation } from "../../door/operation.ts";
import { type AttachmentFile, linkToAttachment } from "../attachments/index.ts";
import { type Download, signDownload } from "../blobs/index.ts";
import { noMessage, requireMessageHead } from "./get.ts";
import type { MessageRef } from "./message.ts";
import { findRaw } from "./read-store.ts";

/** A link to an attachment's bytes. */
export const getAttachment = operation({
  name: "message.get_attachment",
  needs: ["message_read"],
  on: "inbox",
  kind: "read",
  fails: ["object.not_found"],
  async run(context, input: MessageRef & { readonly attachmentId: string }): Promise<AttachmentFile> {
    const { podId, organizationId, id: messageUuid } = await requireMessageHead(context, input);
    return linkToAttachment(context, { podId, organizationId, messageUuid }, input.attachmentId);
  },
});

/** A link to the message as it came or went, byte for byte. */
export const getRawMessage = operation({
  name: "message.get_raw",
  needs: ["message_read"],
  on: "inbox",
  kind: "read",
  fails: ["object.not_found"],
  async run(context, ref: MessageRef): Promise<{ messageId: string; size: number; download: Download }> {
    const { tx, scope, sealer, now } = context;
    const message = await requireMessageHead(context, ref);
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
