import { isUuid } from "../../../lib/uuid.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { AttachmentFile } from "../../mail/attachments/index.ts";
import { signDownload } from "../../mail/blobs/index.ts";
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
    const { tx, scope, sealer, now } = context;
    const draft = await requireDraft(context, draftId);
    const found = isUuid(attachmentId) ? await findFile(tx, scope, draft, attachmentId) : null;
    if (found === null)
      throw fail("object.not_found", {
        message: "Attachment not found",
        hint: "The ids are in the draft's attachments.",
      });
    const { podId, organizationId } = draft;
    const { filename, contentType } = found.attachment;
    const download = signDownload(sealer, now, { podId, sha256: found.sha256, filename, contentType });
    return { attachment: found.attachment, organizationId, podId, download };
  },
});
