import { operation } from "../../door/operation.ts";
import { remove, requireLocked } from "./lock.ts";

/** Deletes a draft with its files. One that was scheduled is not sent. */
export const deleteDraft = operation({
  name: "draft.delete",
  needs: ["draft_delete"],
  on: "inbox",
  kind: "write",
  fails: ["object.not_found"],
  async run(context, { draftId }: { readonly draftId: string }): Promise<void> {
    const draft = await requireLocked(context, draftId);
    context.target(draft.id);
    await remove(context, draft);
  },
});
