/** The two lists that change labels, of messages and of threads (contract 9.4). */
import { MAX_LABELS } from "../../../../domain/limits.ts";
import { bodyList, freeText } from "./common.ts";
import { labelRules } from "./fields.ts";

export const labelChange = {
  add_labels: bodyList(freeText, {
    description: `Labels to add: ${labelRules}`,
    maxItems: MAX_LABELS,
    example: ["done"],
  }).optional(),
  remove_labels: bodyList(freeText, {
    description: "Labels to remove, by the same rules; what is in both lists is removed.",
    maxItems: MAX_LABELS,
    example: ["unread"],
  }).optional(),
};

/** The change as operations take it. */
export const changeOf = (body: {
  readonly add_labels?: string[] | undefined;
  readonly remove_labels?: string[] | undefined;
}) => ({ addLabels: body.add_labels ?? [], removeLabels: body.remove_labels ?? [] });
