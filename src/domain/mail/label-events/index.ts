export type { LabelEvent } from "./label-event.ts";
export { listLabelEvents } from "./list.ts";
export { labelEventKey } from "./store.ts";
