export type { ApiKey } from "./api-key.ts";
export { changeKeys, type KeyChange, revokeKeys } from "./change.ts";
export { createApiKey } from "./create.ts";
export { deleteApiKey } from "./delete.ts";
export { getApiKey } from "./get.ts";
export { listApiKeys } from "./list.ts";
export {
  type ApiKeyPlan,
  type CreateApiKey,
  type MintedKey,
  makeApiKeys,
  planApiKey,
  shownPrefix,
} from "./make.ts";
export { makeNamedApiKeys, type NamedKey } from "./make-named.ts";
export {
  deleteOrganizationKeys,
  findOrganizationKeys,
  findRootKeys,
  markAsRoot,
  type OrganizationKey,
  type RootKey,
} from "./root-store.ts";
export {
  type Rotated,
  type RotateKeys,
  type Rotation,
  type RotationCursor,
  type RotationFailure,
  rotateKeys,
} from "./rotate.ts";
export { addWebhooksToReceipt, confirmReceipt, insertApiKeys } from "./store.ts";
export { updateApiKey } from "./update.ts";
export { type Identity, whoAmI } from "./who-am-i.ts";
