export { checkNewLabels, systemLabels } from "./label.ts";
export { changedLabels, checkLabelChange, type LabelChange } from "./label-change.ts";
export { addSystemLabels, findLabelsInUse, type LabelRow, lockLabels, saveLabels } from "./store.ts";
export { hiddenLabels, type Included, mayRead, mayReadOf } from "./visibility.ts";
