export { requireFirstOrganization } from "./first-organization.ts";
export { getOrganization } from "./get.ts";
export type { Organization } from "./organization.ts";
export { pauseOrganization, resumeOrganization } from "./pause.ts";
