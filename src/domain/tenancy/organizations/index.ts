export { prepareInstallation } from "./first-start.ts";
export { getOrganization } from "./get.ts";
export type { Organization } from "./organization.ts";
