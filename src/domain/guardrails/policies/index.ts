export { ArrivalCounts, countArrivals, type LimitedInbox, refusalsNow } from "./arrival-counts.ts";
export { checkFields, type PolicyFields } from "./check.ts";
export {
  checkAttachments,
  checkRecipientCount,
  checkSize,
  haveSameContentLimits,
  refusalOfContent,
} from "./check-content.ts";
export { countSend } from "./count-send.ts";
export { createPolicy } from "./create.ts";
export { deletePolicy } from "./delete.ts";
export { effectiveLimits } from "./effective.ts";
export { expiryOf } from "./expiry.ts";
export { getPolicy, requirePolicy } from "./get.ts";
export { createLimitsInForce } from "./in-force.ts";
export { listPolicies } from "./list.ts";
export { type CreatePolicy, limitsOf, makePolicies, planPolicy, withFields } from "./make.ts";
export { findOverLimits } from "./over-limits.ts";
export { type Policy, type SetLimits, UNLIMITED } from "./policy.ts";
export type { Expiry } from "./rows.ts";
export { findLimitsOfPods, findPolicies, findPoliciesNamed, findPolicyFolders } from "./store.ts";
export { type PolicyVerdict, type TrialCounts, tryPolicy } from "./trial.ts";
export { changePolicy, updatePolicy } from "./update.ts";
