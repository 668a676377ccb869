export { type FleetDefaults, type FleetDocument, type FleetTenant, fleetDocument } from "./document.ts";
export {
  type DesiredInbox,
  type DesiredKey,
  type DesiredTenant,
  type DesiredWebhook,
  expandTenant,
  graceDaysOf,
} from "./expand.ts";
export { type FleetFile, type FleetSecrets, fleetFile } from "./file.ts";
export {
  type FleetList,
  type FleetPolicy,
  type FleetRule,
  fleetList,
  fleetPolicy,
  fleetRule,
} from "./guardrails.ts";
export { FLEET_SCHEMA_PATH, fleetJsonSchema } from "./json-schema.ts";
export { MAX_FILE_BYTES } from "./limits.ts";
export { type Path, type Problem, type Problems, problemsOf } from "./problems.ts";
export { type Read, readFleetFile, readTenants, tenantOf } from "./read.ts";
export { type Place, type PlacedProblem, UnreadableFile } from "./reading.ts";
export { subjectOf } from "./sentences.ts";
