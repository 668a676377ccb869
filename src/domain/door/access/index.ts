/** Authorization's front door. Scopes and actors are exported as types: only this folder can make them. */
export type { Actor } from "./actor.ts";
export { type Authenticator, createAuthenticator, KEY_CHANNEL, unknownKey } from "./authenticate.ts";
export { enqueueHomeSweep, sweepHomes } from "./homes.ts";
export {
  exceeds,
  levelsThatHold,
  type Permission,
  type PermissionSet,
  permissions,
  type RestrictedLabel,
  restrictedLabels,
} from "./permissions.ts";
export type { AnyScope, Scope, ScopeLevel, SystemScope } from "./scope.ts";
export { systemScope } from "./scope.ts";
export type { Home, InboxTarget, PodTarget } from "./store.ts";
export {
  findInboxTargetById,
  findInboxTargets,
  forgetHome,
  holdHome,
  holdHomes,
  insertAudit,
  insertEvents,
} from "./store.ts";
export { systemActor } from "./system.ts";
