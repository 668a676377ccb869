/** The document of a fleet. Reading its files is read.ts, with a parser for each format, 90 modules that a server never needs. */
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
export { nearest, suggestion } from "./nearest.ts";
export { type Path, type Problem, ProblemSearch, type Problems, problemsOf } from "./problems.ts";
export { subjectOf } from "./sentences.ts";
