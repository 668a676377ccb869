import { isUuid } from "../../../lib/uuid.ts";
import { operation } from "../../door/operation.ts";
import { type NamedValueList, noList } from "./get.ts";
import { deleteList } from "./store.ts";

/** Deletes a value list with its items. Conditions that name it match nothing from then on (nylas 4.3). */
export const deleteValueList = operation({
  name: "value_list.delete",
  needs: ["guardrail_write"],
  on: "organization",
  kind: "write",
  isLong: true,
  fails: ["object.not_found"],
  async run(context, { id }: NamedValueList): Promise<void> {
    context.target(id);
    if (!isUuid(id) || !(await deleteList(context.tx, context.scope, id))) throw noList();
  },
});
