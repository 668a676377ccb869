/** Making value lists: the rules and the statements, for one as for many. */
import { lockOwners } from "../../door/access/index.ts";
import { failed, made, type Outcome, thingsMade } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { checkDescription, checkName, checkType } from "./check.ts";
import { MAX_VALUE_LISTS } from "./limits.ts";
import { countLists, insertLists } from "./store.ts";
import type { ValueList } from "./value-list.ts";

export interface CreateValueList {
  readonly name: string;
  /** One of `valueTypes`. */
  readonly type: string;
  readonly description?: string | null;
}

export type ValueListPlan = Pick<ValueList, "name" | "type" | "description">;

/** What follows from the input alone. @throws Failure input.invalid */
export const planValueList = ({ name, type, description }: CreateValueList): ValueListPlan => ({
  name: checkName(name),
  type: checkType(type),
  description: checkDescription(description),
});

/** Makes empty lists of the context's organization. @returns an outcome for each plan */
export async function makeValueLists(
  context: Context,
  plans: readonly ValueListPlan[],
): Promise<Outcome<ValueList>[]> {
  const { tx, scope, now, newId } = context;
  const { organizationId } = scope;
  // Pipelined, in this order: nobody adds to what is counted until this transaction ends.
  const [, count] = await Promise.all([
    lockOwners(tx, scope, [{ podId: null, inboxId: null }]),
    countLists(tx, scope),
  ]);
  const outcomes = plans.map((plan, index): Outcome<ValueList> => {
    if (count + index >= MAX_VALUE_LISTS) return failed(full());
    return made({ ...plan, id: newId(), organizationId, itemsCount: 0, createdAt: now, updatedAt: now });
  });
  tx.beforeCommit(insertLists(tx, scope, thingsMade(outcomes)));
  return outcomes;
}

const full = () =>
  fail("limit.exceeded", {
    message: `Maximum number of lists (${MAX_VALUE_LISTS}) reached for this plan`,
    hint: "Delete lists that no rule names any more.",
    limit: { resource: "list", count: MAX_VALUE_LISTS },
  });
