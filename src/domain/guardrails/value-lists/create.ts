import { single } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import { type CreateValueList, makeValueLists, planValueList } from "./make.ts";
import type { ValueList } from "./value-list.ts";

/** Makes an empty value list of the organization. */
export const createValueList = operation({
  name: "value_list.create",
  needs: ["guardrail_write"],
  on: "organization",
  kind: "write",
  fails: ["limit.exceeded"],
  check: (input: CreateValueList) => planValueList(input),
  async run(context, plan): Promise<ValueList> {
    const list = single(await makeValueLists(context, [plan]));
    context.target(list.id);
    return list;
  },
});
