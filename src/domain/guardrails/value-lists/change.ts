/** Value lists as a whole: what is to be on one, whatever is. */
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { MAX_RULE_VALUE_LENGTH } from "../../limits.ts";
import { checkNewItems } from "./check.ts";
import { requireList } from "./get.ts";
import { MAX_VALUE_LIST_ITEMS } from "./limits.ts";
import { compareItems, deleteItems, insertItems, saveList } from "./store.ts";
import type { ValueList, ValueType } from "./value-list.ts";

/** Values in their normal form, each once. @throws Failure input.invalid, limit.exceeded */
export function planItems(type: ValueType, items: readonly string[]): readonly string[] {
  if (items.some((item) => item.length > MAX_RULE_VALUE_LENGTH))
    throw fail("input.invalid", {
      message: `A value may have ${MAX_RULE_VALUE_LENGTH} characters at most`,
      path: ["items"],
    });
  const values = checkNewItems(type, items);
  if (values.length > MAX_VALUE_LIST_ITEMS)
    throw fail("limit.exceeded", {
      message: `A list may have ${MAX_VALUE_LIST_ITEMS} items at most`,
      limit: { resource: "list item", count: MAX_VALUE_LIST_ITEMS },
    });
  return values;
}

/** What differs between a list and the values that are to be on it. */
export const differencesOf = (
  { tx, scope }: Context,
  listId: string,
  values: readonly string[],
): ReturnType<typeof compareItems> => compareItems(tx, scope, listId, values, MAX_VALUE_LIST_ITEMS);

export interface ValueListChange {
  /** As checkDescription lets it through; absent leaves it. */
  readonly description?: string | null;
  /** As planItems lets them through: these alone are on the list then. */
  readonly values: readonly string[];
}

/** @throws Failure object.not_found */
export async function changeValueList(
  context: Context,
  id: string,
  { description, values }: ValueListChange,
): Promise<ValueList> {
  const { tx, scope, now } = context;
  const list = await requireList(context, { id }, true);
  const { missing, extra } = await differencesOf(context, list.id, values);
  const removed = extra.length === 0 ? 0 : await deleteItems(tx, scope, list.id, extra);
  const added = missing.length === 0 ? 0 : await insertItems(tx, scope, list.id, missing, context);
  const changed: ValueList = {
    ...list,
    ...(description !== undefined && { description }),
    itemsCount: list.itemsCount + added - removed,
    updatedAt: now,
  };
  tx.beforeCommit(saveList(tx, scope, changed));
  return changed;
}
