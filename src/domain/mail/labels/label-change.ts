/** Rules of changing labels (contract 9.4): remove wins over add, and what the system sets only the system changes. */
import { invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_LABELS } from "../../limits.ts";
import { checkNewLabels } from "./label.ts";

export interface LabelChange {
  readonly addLabels: readonly string[];
  readonly removeLabels: readonly string[];
}

/** @throws Failure input.invalid naming the label that may not be used, or when there is none */
export function checkLabelChange(change: LabelChange): LabelChange {
  const checked = {
    addLabels: checkNewLabels(["addLabels"], change.addLabels),
    removeLabels: checkNewLabels(["removeLabels"], change.removeLabels),
  };
  if (checked.addLabels.length + checked.removeLabels.length === 0)
    throw invalid([], says`${field("addLabels")} or ${field("removeLabels")} must be specified`);
  return checked;
}

/** @throws Failure input.invalid when the result has too many */
export function changedLabels(labels: readonly string[], change: LabelChange): string[] {
  const changed = [...new Set([...labels, ...change.addLabels])].filter(
    (label) => !change.removeLabels.includes(label),
  );
  // What was sent with as many as may be has one more, and is not refused what adds none.
  if (changed.length > Math.max(MAX_LABELS, labels.length))
    throw invalid(["addLabels"], `A message may have ${MAX_LABELS} labels at most`);
  return changed;
}
