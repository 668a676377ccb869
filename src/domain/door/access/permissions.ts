/** Who may do what: the one table. A key without permissions holds all of its scope's; one with them, only those set. */
import type { ScopeLevel } from "./scope.ts";

export const permissions = [
  "inbox_read",
  "inbox_create",
  "inbox_update",
  "inbox_delete",
  "message_read",
  "message_send",
  "message_update",
  "message_delete",
  "label_spam_read",
  "label_blocked_read",
  "label_unauthenticated_read",
  "label_trash_read",
  "draft_read",
  "draft_create",
  "draft_update",
  "draft_delete",
  "draft_send",
  "webhook_read",
  "webhook_create",
  "webhook_update",
  "webhook_delete",
  "domain_read",
  "domain_create",
  "domain_update",
  "domain_delete",
  "list_entry_read",
  "list_entry_create",
  "list_entry_delete",
  "metrics_read",
  "api_key_read",
  "api_key_create",
  "api_key_update",
  "api_key_delete",
  "provider_connect",
  "provider_share_owner",
  "pod_read",
  "pod_create",
  "pod_update",
  "pod_delete",
  "guardrail_read",
  "guardrail_write",
] as const;

/** `organization_read` cannot be granted: every organization key has it and no other key can (contract 2.3). */
export type Permission = (typeof permissions)[number] | "organization_read";

/** Granted permissions. Unknown names a client sent are kept, so a newer client's key reads back as written. */
export type PermissionSet = Readonly<Record<string, boolean>>;

const podNever: ReadonlySet<Permission> = new Set<Permission>([
  "organization_read",
  "pod_create",
  "pod_update",
  "pod_delete",
  "guardrail_write",
]);
const inboxNever: ReadonlySet<Permission> = new Set<Permission>([
  "organization_read",
  "pod_read",
  "pod_create",
  "pod_update",
  "pod_delete",
  "guardrail_write",
  "inbox_create",
  "domain_read",
  "domain_create",
  "domain_update",
  "domain_delete",
]);

/** Permissions that an unrestricted key does not hold (contract 2.5). */
const onlyWhenGranted: ReadonlySet<string> = new Set(["provider_connect", "provider_share_owner"]);

/** True when a key of `level` with `granted` (null: unrestricted) holds `permission`. */
export function holds(level: ScopeLevel, granted: PermissionSet | null, permission: Permission): boolean {
  if (level === "pod" && podNever.has(permission)) return false;
  if (level === "inbox" && inboxNever.has(permission)) return false;
  if (permission === "organization_read") return true;
  if (granted === null) return !onlyWhenGranted.has(permission);
  return granted[permission] === true;
}

const levels: readonly ScopeLevel[] = ["organization", "pod", "inbox"];

/** The levels whose keys can hold `permission`, widest first. */
export const levelsThatHold = (permission: Permission): ScopeLevel[] =>
  levels.filter((level) => holds(level, null, permission));

/** The first permission `wanted` has and `own` lacks, or null: a child key never exceeds its maker. */
export function exceeds(level: ScopeLevel, own: PermissionSet | null, wanted: PermissionSet): string | null {
  for (const [name, granted] of Object.entries(wanted)) {
    if (!granted) continue;
    if (own !== null && own[name] !== true) return name;
    // An unrestricted key does not hold these itself, but it must be able to grant them.
    if (own === null && !onlyWhenGranted.has(name) && isPermission(name) && !holds(level, null, name))
      return name;
  }
  return null;
}

function isPermission(name: string): name is (typeof permissions)[number] {
  return permissions.some((permission) => permission === name);
}

/** Labels whose messages are hidden: from lists that do not ask for them, and from keys that may not see them. */
export const restrictedLabels = ["spam", "blocked", "unauthenticated", "trash"] as const;
export type RestrictedLabel = (typeof restrictedLabels)[number];

/** Labels whose messages this key never sees, whatever its query includes (contract 9.4). */
export function unseenLabels(level: ScopeLevel, granted: PermissionSet | null): RestrictedLabel[] {
  return restrictedLabels.filter((label) => !holds(level, granted, `label_${label}_read`));
}
