export type { ApiKey } from "./api-key.ts";
export { type CreateApiKey, createApiKey, shownPrefix } from "./create.ts";
export { deleteApiKey } from "./delete.ts";
export { getApiKey } from "./get.ts";
export { listApiKeys } from "./list.ts";
export {
  deleteOrganizationKeys,
  findOrganizationKeys,
  findRootKeys,
  markAsRoot,
  type OrganizationKey,
  type RootKey,
} from "./root-store.ts";
export { insertApiKey } from "./store.ts";
export { updateApiKey } from "./update.ts";
export { type Identity, whoAmI } from "./who-am-i.ts";
