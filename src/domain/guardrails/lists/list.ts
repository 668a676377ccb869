import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import type { ListEntry } from "./list-entry.ts";
import { type NamedList, ownerOf, requireList } from "./owner.ts";
import { listEntries } from "./store.ts";

/** The entries of one list of exactly the target, by their text (contract 4). */
export const listListEntries = operation({
  name: "list_entry.list",
  needs: ["list_entry_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  check: ({ page, ...named }: NamedList & { readonly page: PageRequest }) => ({
    page,
    list: requireList(named),
  }),
  async run(context, { page, list }): Promise<Page<ListEntry>> {
    const entries = await listEntries(context.tx, context.scope, ownerOf(context), list, page);
    return pageOf(entries, page, ({ entry }) => [entry]);
  },
});
