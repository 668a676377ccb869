import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import type { Draft } from "./draft.ts";
import { type DraftFilter, selectDrafts } from "./store.ts";

export interface ListDrafts extends DraftFilter {
  readonly page: PageRequest;
}

/** Drafts of the target by the time of their last change, the latest first. */
export const listDrafts = operation({
  name: "draft.list",
  needs: ["draft_read"],
  on: "any",
  kind: "read",
  async run({ tx, scope }, input: ListDrafts): Promise<Page<Draft>> {
    const drafts = await selectDrafts(tx, scope, input, input.page);
    return pageOf(drafts, input.page, (draft) => [draft.updatedAt, draft.id]);
  },
});
