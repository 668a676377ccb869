/** Makes policies, rules and lists what a document declares. */
import { single } from "../../door/batch.ts";
import type { Change as Audited, Context } from "../../door/context.ts";
import { changePolicy, checkFields, makePolicies, planPolicy } from "../../guardrails/policies/index.ts";
import { changeRule, checkRuleChange, makeRules, planRule } from "../../guardrails/rules/index.ts";
import {
  changeValueList,
  makeValueLists,
  planItems,
  planValueList,
} from "../../guardrails/value-lists/index.ts";
import {
  type Change,
  type DeclaredShared,
  type SharedLook,
  type SharedMark,
  saveSharedMarks,
  saysOf,
  withListIds,
} from "../differences/index.ts";

/**
 * Applies the changes of what tenants share. Lists come first: rules name them.
 * @throws Failure what making or changing one fails with; nothing is applied then
 */
export async function carryOutShared(
  context: Context,
  shared: DeclaredShared,
  look: SharedLook,
): Promise<void> {
  if (look.changes.length === 0) return;
  const listIds = new Map(look.listIds);
  const marks: SharedMark[] = [];
  for (const kind of ["list", "policy", "rule"] as const) {
    for (const change of look.changes.filter((one) => one.kind === kind)) {
      const declared =
        kind === "list"
          ? shared.lists[change.name]
          : kind === "policy"
            ? shared.policies[change.name]
            : shared.rules[change.name];
      const id = await carryOut(context, shared, change, listIds);
      if (kind === "list") listIds.set(change.name, id);
      marks.push({ kind, name: change.name, id, says: saysOf(declared), appliedAt: context.now });
    }
  }
  const distinct = new Map(marks.map((mark) => [`${mark.kind} ${mark.name}`, mark]));
  await saveSharedMarks(context.tx, context.scope, [...distinct.values()]);
  context.changed(look.changes.flatMap((change, index) => auditOf(change, marks[index]?.id)));
}

/** @returns id of the object */
async function carryOut(
  context: Context,
  shared: DeclaredShared,
  { kind, name, action, objectId }: Change,
  listIds: ReadonlyMap<string, string>,
): Promise<string> {
  if (action === "adopt") return objectId ?? "";
  const list = shared.lists[name];
  const policy = shared.policies[name];
  const rule = shared.rules[name];
  if (kind === "list" && list !== undefined) {
    const plan = planValueList({ name, ...list });
    const id = objectId ?? single(await makeValueLists(context, [plan])).id;
    const values = planItems(plan.type, list.items);
    await changeValueList(context, id, {
      values,
      ...(list.description !== undefined && { description: plan.description }),
    });
    return id;
  }
  if (kind === "policy" && policy !== undefined) {
    const maxima = context.installation.limits;
    if (objectId === null)
      return single(await makePolicies(context, [planPolicy({ name, ...policy }, maxima)])).id;
    return (await changePolicy(context, objectId, checkFields(policy, maxima))).id;
  }
  if (kind === "rule" && rule !== undefined) {
    const named = withListIds(rule, listIds, "");
    if (objectId === null) return single(await makeRules(context, [planRule({ name, ...named })])).id;
    return (await changeRule(context, objectId, checkRuleChange(named))).id;
  }
  throw new Error(`${kind} ${name} is not declared`);
}

const nouns = { list: "value_list", policy: "policy", rule: "rule" } as const;

/** The row that changing it alone would leave. */
function auditOf({ kind, action }: Change, target: string | undefined): Audited[] {
  if (action === "adopt" || target === undefined) return [];
  if (kind !== "list" && kind !== "policy" && kind !== "rule") return [];
  return [{ operation: `${nouns[kind]}.${action}`, target }];
}
