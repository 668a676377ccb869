export { createSuppression, type Imported, importSuppressions } from "./create.ts";
export { deleteSuppression } from "./delete.ts";
export { getSuppression } from "./get.ts";
export { listSuppressions } from "./list.ts";
export { type Suppressed, suppress } from "./suppress.ts";
export type { Suppression, SuppressionCause } from "./suppression.ts";
export {
  openSubscription,
  type Subscription,
  type UnsubscribeParts,
  unsubscribeToken,
} from "./unsubscribe.ts";
