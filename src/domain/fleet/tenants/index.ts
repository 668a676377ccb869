export { createTenants, makeTenants, type TenantOutcome } from "./create.ts";
export { type CreateTenants, type NewTenant, planTenant, type TenantPlan } from "./plan.ts";
