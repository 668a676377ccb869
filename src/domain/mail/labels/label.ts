/** What a label may be, and which are the system's (contract 9.4). */
import { isHeaderSafe } from "../../../protocols/address/index.ts";
import { invalid } from "../../door/failures.ts";
import type { Path } from "../../door/text.ts";
import { MAX_LABEL_LENGTH, MAX_LABELS } from "../../limits.ts";

/** Labels that only the system sets (contract 9.4). `captured`: accepted, and kept here instead of leaving the machine. */
export const systemLabels: ReadonlySet<string> = new Set([
  "sent",
  "received",
  "bounced",
  "scheduled",
  "complained",
  "opened",
  "captured",
]);

/** Labels a caller may put on a message. @throws Failure input.invalid at `[...at, index]`. */
export function checkNewLabels(at: Path, labels: readonly string[]): readonly string[] {
  if (labels.length > MAX_LABELS) throw invalid(at, `A message may have ${MAX_LABELS} labels at most`);
  for (const [index, label] of labels.entries()) {
    if (systemLabels.has(label)) throw invalid([...at, index], `Cannot use system label: ${label}`);
    if (label.trim() === "" || label.length > MAX_LABEL_LENGTH || !isHeaderSafe(label))
      throw invalid(
        [...at, index],
        `A label has 1 to ${MAX_LABEL_LENGTH} characters, not only spaces, and no control characters`,
      );
  }
  return [...new Set(labels)];
}
