export {
  type Author,
  type Change,
  type ChangeAction,
  type ChangeCause,
  type ChangeKind,
  changeOf,
  type FieldChange,
  objectKey,
  saysOf,
} from "./change.ts";
export { byRole, type Problem } from "./comparing.ts";
export {
  type DeclaredShared,
  type DesiredFleet,
  type FleetSettings,
  type FleetTenant,
  NameSearch,
  permissionsOf,
} from "./desired.ts";
export { inboxSays, podSays } from "./diff.ts";
export { keySays } from "./diff-keys.ts";
export { webhookSays } from "./diff-webhooks.ts";
export type { FleetMark, LiveKey, LiveTenant } from "./live.ts";
export { findPodsBySlug, findTenantsOfPods } from "./live-store.ts";
export { type Looked, lookAt } from "./look.ts";
export type { Resolved } from "./resolved.ts";
export { lookAtShared, lookUpNames, type PlacesOf, type SharedLook } from "./shared.ts";
export { withListIds } from "./shared-fields.ts";
export { type SharedKind, type SharedMark, saveSharedMarks } from "./shared-store.ts";
