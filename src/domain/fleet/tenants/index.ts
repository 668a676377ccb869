export { createTenants, type TenantOutcome } from "./create.ts";
export type { CreateTenants, NewTenant } from "./plan.ts";
