export {
  type FleetDocument,
  type FleetTenant,
  fleetDocument,
} from "./document.ts";
export {
  type DesiredInbox,
  type DesiredKey,
  type DesiredTenant,
  type DesiredWebhook,
  expandTenant,
  graceDaysOf,
} from "./expand.ts";
export type { FleetList, FleetPolicy, FleetRule } from "./guardrails.ts";
export { type Path, type Problem, type Problems, problemsOf } from "./problems.ts";
