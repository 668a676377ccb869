/** Rules of changing labels (contract 9.4): remove wins over add, and what the system sets only the system changes. */
import { invalid } from "../../door/failures.ts";
import { MAX_LABELS } from "../../limits.ts";
import { checkNewLabels } from "./label.ts";

export interface LabelChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** @throws Failure input.invalid naming the label that may not be used, or when there is none */
export function checkLabelChange(change: LabelChange): LabelChange {
  const checked = {
    add: checkNewLabels("add_labels", change.add),
    remove: checkNewLabels("remove_labels", change.remove),
  };
  if (checked.add.length + checked.remove.length === 0)
    throw invalid([], "add_labels or remove_labels must be specified");
  return checked;
}

/** @throws Failure input.invalid when the result has too many */
export function changedLabels(labels: readonly string[], change: LabelChange): string[] {
  const changed = [...new Set([...labels, ...change.add])].filter((label) => !change.remove.includes(label));
  // What was sent with as many as may be has one more, and is not refused what adds none.
  if (changed.length > Math.max(MAX_LABELS, labels.length))
    throw invalid(["add_labels"], `A message may have ${MAX_LABELS} labels at most`);
  return changed;
}
