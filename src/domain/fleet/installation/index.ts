export { isNotable, isTooFar } from "./clock-check.ts";
export { type Inspection, inspectInstallation } from "./inspect.ts";
export { listOrganizationKeys, revokeKeys } from "./keys.ts";
export { type Prepared, prepareInstallation, type StartRefusal } from "./prepare.ts";
export { findSealLoss, resetSeal, type SealLoss } from "./reset-seal.ts";
export { MAX_ROOT_KEYS, type RootKeySource, type RootKeyState } from "./root-key.ts";
export type { SealState } from "./seal-check.ts";
export type { SecretSource } from "./secret-source.ts";
export type { SealedCounts } from "./store.ts";
