import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { type Failure, fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { FullDraft } from "./draft.ts";
import { findDraft } from "./store.ts";

/** Made for every way a draft can be absent. */
export const noDraft = (): Failure =>
  fail("object.not_found", {
    message: "Draft not found",
    hint: "List the drafts to see their ids. One that was sent is a message.",
  });

/** A draft in the context's scope. @throws Failure object.not_found */
export async function requireDraft({ tx, scope, room }: Context, draftId: string): Promise<FullDraft> {
  const draft = isUuid(draftId) ? await findDraft(tx, scope, draftId, room) : null;
  if (draft === null) throw noDraft();
  return draft;
}

/** One draft with its texts. */
export const getDraft = operation({
  name: "draft.get",
  needs: ["draft_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  run: (context, { draftId }: { readonly draftId: string }): Promise<FullDraft> =>
    requireDraft(context, draftId),
});
