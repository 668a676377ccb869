import { operation } from "../../door/operation.ts";
import { type AttachmentFile, linkToAttachment } from "../attachments/index.ts";
import { requireThread } from "./get.ts";

/** A link to an attachment of any message of the thread. */
export const getThreadAttachment = operation({
  name: "thread.get_attachment",
  needs: ["message_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  async run(
    context,
    input: { readonly threadId: string; readonly attachmentId: string },
  ): Promise<AttachmentFile> {
    const { podId, organizationId, id: threadId } = await requireThread(context, input.threadId);
    return linkToAttachment(context, { podId, organizationId, threadId }, input.attachmentId);
  },
});
