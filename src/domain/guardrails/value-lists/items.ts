/** What is on a value list. Rules see a change with the next message: items are looked up, and never remembered. */
import type { Context } from "../../door/context.ts";
import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { checkGiven, checkItems, checkNewItems } from "./check.ts";
import { type NamedValueList, requireList } from "./get.ts";
import { MAX_VALUE_LIST_ITEMS } from "./limits.ts";
import { deleteItems, insertItems, saveList, selectItems } from "./store.ts";
import type { ListItem, ValueList } from "./value-list.ts";

export interface ListedValues extends NamedValueList {
  /** 1 to MAX_LIST_ITEMS_REQUEST values, in any form that the list's type takes. */
  readonly items: readonly string[];
}

const checkValues = ({ id, items }: ListedValues) => ({ id, items: checkGiven(items) });

/** The list with another number of items. */
function counted({ tx, scope, now }: Context, list: ValueList, change: number): ValueList {
  if (change === 0) return list;
  const changed = { ...list, itemsCount: list.itemsCount + change, updatedAt: now };
  tx.beforeCommit(saveList(tx, scope, changed));
  return changed;
}

/** Puts values on a list, all or none; those that are on it already are passed over. @returns the list with its new count */
export const addListItems = operation({
  name: "value_list.add_items",
  needs: ["guardrail_write"],
  on: "organization",
  kind: "write",
  fails: ["object.not_found", "limit.exceeded"],
  check: checkValues,
  async run(context, { id, items }): Promise<ValueList> {
    const { tx, scope } = context;
    const list = await requireList(context, { id }, true);
    context.target(list.id);
    const added = await insertItems(tx, scope, list.id, checkNewItems(list.type, items), context);
    if (list.itemsCount + added > MAX_VALUE_LIST_ITEMS)
      throw fail("limit.exceeded", {
        message: `Maximum number of list items (${MAX_VALUE_LIST_ITEMS}) reached for this plan`,
        hint: "Remove values that are no longer wanted, or use a second list.",
        limit: { resource: "list item", count: MAX_VALUE_LIST_ITEMS, used: list.itemsCount },
      });
    return counted(context, list, added);
  },
});

/** Takes values off a list; those that are not on it are passed over. @returns the list with its new count */
export const removeListItems = operation({
  name: "value_list.remove_items",
  needs: ["guardrail_write"],
  on: "organization",
  kind: "write",
  fails: ["object.not_found"],
  check: checkValues,
  async run(context, { id, items }): Promise<ValueList> {
    const { tx, scope } = context;
    const list = await requireList(context, { id }, true);
    context.target(list.id);
    return counted(context, list, -(await deleteItems(tx, scope, list.id, checkItems(list.type, items))));
  },
});

/** The values of a list by their text. */
export const listListItems = operation({
  name: "value_list.list_items",
  needs: ["guardrail_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  async run(context, { id, page }: NamedValueList & { readonly page: PageRequest }): Promise<Page<ListItem>> {
    const list = await requireList(context, { id });
    const items = await selectItems(context.tx, context.scope, list.id, page);
    return pageOf(items, page, ({ value }) => [value]);
  },
});
