import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import { selectLists } from "./store.ts";
import type { ValueList } from "./value-list.ts";

/** The value lists that the key sees, newest first unless `ascending`. */
export const listValueLists = operation({
  name: "value_list.list",
  needs: ["guardrail_read"],
  on: "any",
  kind: "read",
  async run({ tx, scope }, page: PageRequest): Promise<Page<ValueList>> {
    return pageOf(await selectLists(tx, scope, page), page, (list) => [list.createdAt, list.id]);
  },
});
