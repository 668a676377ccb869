import { type Page, type PageRequest, pageOf, type SortKey } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import { checkPrefix } from "./check.ts";
import type { InboxFile } from "./file.ts";
import { selectFiles } from "./store.ts";

/** What lists of files are ordered by. */
export const byPath: SortKey = ["text"];

export interface ListFiles extends PageRequest {
  /** What their paths begin with, character by character; empty: all of them. */
  readonly prefix: string;
}

/** Files of an inbox in the order of their paths. */
export const listFiles = operation({
  name: "file.list",
  needs: ["file_read"],
  on: "inbox",
  kind: "read",
  check: ({ prefix, ...page }: ListFiles): ListFiles => ({ ...page, prefix: checkPrefix(prefix) }),
  async run({ tx, scope, inbox, now }, { prefix, ...page }): Promise<Page<InboxFile>> {
    const files = await selectFiles(tx, scope, inbox, { prefix, now, page });
    const { items, next } = pageOf(files, page, ({ path }) => [path]);
    return { items: items.map((file) => ({ ...file, inboxAddress: inbox.address })), next };
  },
});
