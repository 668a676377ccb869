import { operation } from "../../door/operation.ts";
import { type AttachmentFile, linkToAttachment } from "../attachments/index.ts";
import { requireSeenThread } from "./get.ts";

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
    const { podId, organizationId, id: threadId } = await requireSeenThread(context, input.threadId);
    const of = { podId, organizationId, threadId, hidden: context.actor.unseenLabels };
    return linkToAttachment(context, of, input.attachmentId);
  },
});
