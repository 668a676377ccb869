import { isUuid } from "../../../lib/uuid.ts";
import { bumpGuardrails } from "../../door/access/index.ts";
import { operation } from "../../door/operation.ts";
import { type NamedRule, noRule } from "./get.ts";
import { deleteRule as deleteRow, detachRule } from "./store.ts";

/** Deletes a rule and takes it out of all that is attached to pods. */
export const deleteRule = operation({
  name: "rule.delete",
  needs: ["guardrail_write"],
  on: "organization",
  kind: "write",
  isLong: true,
  fails: ["object.not_found"],
  async run(context, { id }: NamedRule): Promise<void> {
    const { tx, scope } = context;
    context.target(id);
    if (!isUuid(id) || !(await deleteRow(tx, scope, id))) throw noRule();
    tx.beforeCommit(detachRule(tx, scope, id), bumpGuardrails(tx, scope, null));
  },
});
