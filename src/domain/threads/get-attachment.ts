import { isUuid } from "../../lib/uuid.ts";
import { type AttachmentFile, findAttachment, noAttachment, signDownload } from "../messages/index.ts";
import { operation } from "../operation.ts";
import { requireThread } from "./get.ts";

/** A link to an attachment of any message of the thread. */
export const getThreadAttachment = operation({
  name: "thread.get_attachment",
  needs: "message_read",
  on: "any",
  kind: "read",
  async run(
    context,
    input: { readonly threadId: string; readonly attachmentId: string },
  ): Promise<AttachmentFile> {
    const { tx, scope, sealer, now } = context;
    const { podId, organizationId, id: threadId } = await requireThread(context, input.threadId);
    const found = isUuid(input.attachmentId)
      ? await findAttachment(tx, scope, { podId, threadId }, input.attachmentId)
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
