/** Authorization's front door. Scopes and actors are exported as types: only this folder can make them. */
export type { Actor } from "./actor.ts";
export { type Authenticator, createAuthenticator, KEY_CHANNEL } from "./authenticate.ts";
export { deletionTime } from "./deletion-time.ts";
export { type LookUpPace, unknownKey } from "./key-look-up.ts";
export { findPodsOfInboxes } from "./moved-store.ts";
export { enqueueOwnedSweep, sweepOwned } from "./owners.ts";
export {
  contradictionIn,
  exceeds,
  holds,
  levelsThatHold,
  olderNames,
  outOfReach,
  type Permission,
  type PermissionSet,
  permissions,
  type RestrictedLabel,
  restrictedLabels,
  spelledOut,
} from "./permissions.ts";
export { createBringForward, createPodLook } from "./pod-look.ts";
export { findRecipients } from "./recipient-store.ts";
export type { AnyScope, Scope, ScopeLevel, SystemScope } from "./scope.ts";
export { systemScope } from "./scope.ts";
export type { AttachedGuardrails, InboxTarget, Owner, PodName, PodTarget } from "./store.ts";
export {
  bumpGuardrails,
  bumpGuardrailsOf,
  deleteOwned,
  findAttachedRules,
  findInboxTarget,
  findInboxTargetById,
  findInboxTargets,
  findPodTarget,
  findSuspendedPods,
  holdOwner,
  holdOwners,
  insertAudit,
  insertEvents,
  isAddedHere,
  lockOwners,
} from "./store.ts";
export { organizationActor, systemActor, systemActorAcrossPods, systemActorAround } from "./system.ts";
