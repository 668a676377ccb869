import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { findList } from "./store.ts";
import type { ValueList } from "./value-list.ts";

export interface NamedValueList {
  /** Of the list (UUID). */
  readonly id: string;
}

export const noList = () =>
  fail("object.not_found", {
    message: "List not found",
    hint: "List the value lists to see their ids.",
  });

/** @param lock holds off others who change it or its items until the transaction ends @throws Failure object.not_found */
export async function requireList(
  { tx, scope }: Context,
  { id }: NamedValueList,
  lock = false,
): Promise<ValueList> {
  const list = isUuid(id) ? await findList(tx, scope, id, lock) : null;
  if (list === null) throw noList();
  return list;
}

/** One value list without its items. A key of a pod or inbox sees those that the pod's rules name. */
export const getValueList = operation({
  name: "value_list.get",
  needs: ["guardrail_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  run: (context, input: NamedValueList): Promise<ValueList> => requireList(context, input),
});
