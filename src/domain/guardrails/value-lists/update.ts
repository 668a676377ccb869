import { invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { checkDescription, checkName, checkType } from "./check.ts";
import { type NamedValueList, requireList } from "./get.ts";
import { saveList } from "./store.ts";
import type { ValueList } from "./value-list.ts";

export interface UpdateValueList extends NamedValueList {
  readonly name?: string;
  /** Null or empty: none. */
  readonly description?: string | null;
  /** Only as it is. */
  readonly type?: string;
}

/** Changes the name or the description of a value list; what is not given stays. */
export const updateValueList = operation({
  name: "value_list.update",
  needs: ["guardrail_write"],
  on: "organization",
  kind: "write",
  fails: ["object.not_found"],
  check: ({ id, name, description, type }: UpdateValueList) => ({
    id,
    type: type === undefined ? null : checkType(type),
    changes: {
      ...(name !== undefined && { name: checkName(name) }),
      ...(description !== undefined && { description: checkDescription(description) }),
    },
  }),
  async run(context, { id, type, changes }): Promise<ValueList> {
    const { tx, scope, now } = context;
    const list = await requireList(context, { id }, true);
    context.target(list.id);
    if (type !== null && type !== list.type)
      throw invalid(
        ["type"],
        says`${field("type")} of a list cannot be changed`,
        "Make another list: rules that name this one rely on its type.",
      );
    const changed: ValueList = { ...list, ...changes, updatedAt: now };
    tx.beforeCommit(saveList(tx, scope, changed));
    return changed;
  },
});
