import { isUuid } from "../../../lib/uuid.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { type AttachmentFile, fileOf } from "../../mail/attachments/index.ts";
import { findFile } from "./attachment-store.ts";
import { requireDraft } from "./get.ts";

/** A link to the bytes of a draft's file. */
export const getDraftAttachment = operation({
  name: "draft.get_attachment",
  needs: ["draft_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  async run(
    context,
    { draftId, attachmentId }: { readonly draftId: string; readonly attachmentId: string },
  ): Promise<AttachmentFile> {
    const { tx, scope } = context;
    const draft = await requireDraft(context, draftId);
    const found = isUuid(attachmentId) ? await findFile(tx, scope, draft, attachmentId) : null;
    if (found === null)
      throw fail("object.not_found", {
        message: "Attachment not found",
        hint: "The ids are in the draft's attachments.",
      });
    return fileOf(context, draft, found);
  },
});
