export { requireFirstOrganization } from "./first-organization.ts";
export { getOrganization } from "./get.ts";
export type { Organization } from "./organization.ts";
