import type { Context } from "../../door/context.ts";
import { invalid } from "../../door/failures.ts";
import { findListTypes } from "../value-lists/index.ts";
import { kindOf, listsOf, type RuleTerms } from "./rule.ts";
import { noSuchList } from "./terms.ts";

/** Ids of the value lists that a rule names, each once. */
export const listIdsOf = ({ match }: RuleTerms): readonly string[] => [
  ...new Set(match.conditions.flatMap(listsOf)),
];

/** @throws Failure input.invalid for a list that is not there, or holds values of another type than the field has */
export async function checkLists({ tx, actor }: Context, terms: RuleTerms): Promise<void> {
  const types = await findListTypes(tx, actor.scope, listIdsOf(terms));
  for (const [index, condition] of terms.match.conditions.entries()) {
    const at = ["match", "conditions", index];
    const kind = kindOf(condition.field);
    for (const [place, id] of listsOf(condition).entries()) {
      const type = types.get(id);
      if (type === undefined) throw noSuchList(at, place);
      if (type !== kind)
        throw invalid(
          [...at, "value", place],
          `The field ${condition.field} cannot be asked with a list of type ${type}`,
          `Name a list of type ${kind}.`,
        );
    }
  }
}
