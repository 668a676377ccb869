export type { DeclaredShared } from "../differences/index.ts";
export {
  FLEET_BATCH,
  FLEET_BATCHES_ALONE,
  FLEET_PLAN_HOURS,
  MAX_FLEET_SLUGS,
  MAX_FLEET_TENANTS,
} from "../limits.ts";
export { type ApplyFleet, applyFleet } from "./apply-fleet.ts";
export type { Wanted } from "./begin.ts";
export type { MintedSecret, TenantFailure, WebhookSecret } from "./carry-tenants.ts";
export { confirmSecrets } from "./confirm.ts";
export { type DocumentRun, fleetDocument } from "./document.ts";
export { getPlan, type PlanPart } from "./get.ts";
export { type Offboarded, type OffboardTenants, offboardTenants } from "./offboard.ts";
export { pieceOf } from "./pieces.ts";
export type { FleetOptions, Plan, PlanSummary } from "./plan.ts";
export { type PlanFleet, planFleet } from "./plan-fleet.ts";
export { DocumentReading } from "./reading.ts";
export type { FleetLine, FleetRun, Stage, Totals } from "./stage.ts";
export { type FleetStatus, fleetStatus, type StatusRun, type TenantRow } from "./status.ts";
