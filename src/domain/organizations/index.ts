export { getOrganization } from "./get.ts";
export type { Organization } from "./organization.ts";
export { findFirstOrganizationId, insertOrganization } from "./store.ts";
