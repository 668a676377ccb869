/** Who may do what: the one table. A key without permissions holds all of its scope's; one with them, only those set. */
import type { ScopeLevel } from "./scope.ts";

export const permissions = [
  "inbox_read",
  "inbox_create",
  "inbox_update",
  "inbox_delete",
  "message_read",
  "message_send",
  "message_reply",
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
  "app_connect",
  "app_share_owner",
  "account_update",
  "calendar_read",
  "calendar_update",
  "calendar_event_read",
  "calendar_event_create",
  "calendar_event_update",
  "calendar_event_delete",
  "file_read",
  "file_create",
  "file_update",
  "file_delete",
  "agent_armor_release",
  "pod_read",
  "pod_create",
  "pod_update",
  "pod_delete",
  "guardrail_read",
  "guardrail_write",
] as const;

/**
 * `organization_read` cannot be granted: every organization key has it and no other key can (contract 2.3). Nor can `agent_verify`: the
 * unrestricted keys of an organization that an agent made have it until it is verified (contract 15).
 */
export type Permission = (typeof permissions)[number] | "organization_read" | "agent_verify";

/** Granted permissions. Unknown names a client sent are kept, so a newer client's key reads back as written. */
export type PermissionSet = Readonly<Record<string, boolean>>;

const podNever: ReadonlySet<string> = new Set<Permission>([
  "organization_read",
  "agent_verify",
  "pod_create",
  "pod_update",
  "pod_delete",
  "guardrail_write",
]);
const inboxNever: ReadonlySet<string> = new Set<Permission>([
  "organization_read",
  "agent_verify",
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
const onlyWhenGranted: ReadonlySet<string> = new Set([
  "app_connect",
  "app_share_owner",
  "agent_armor_release",
]);

/** Of those, what only an unrestricted key of the organization may grant: an agent must not let held mail through to itself. */
const onlyFromOrganization: ReadonlySet<string> = new Set(["agent_armor_release"]);

/** Names that older clients have for a permission, by its own name. Both are taken, stored as they came, and answered. */
export const olderNames: Readonly<Record<string, string>> = {
  app_connect: "provider_connect",
  app_share_owner: "provider_share_owner",
};
const newerNames: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(olderNames).map(([newer, older]) => [older, newer]),
);

/** Permissions that another one includes: who may start mails may answer them. */
const includedIn: Readonly<Record<string, string>> = { message_reply: "message_send" };

/** True when the flags grant `name`, by any name that it has or as part of a wider one. */
const grants = (flags: PermissionSet, name: string): boolean =>
  [name, olderNames[name], newerNames[name], includedIn[name]].some(
    (one) => one !== undefined && flags[one] === true,
  );

/** True when a key of `level` with `granted` (null: unrestricted) holds `permission`. */
export function holds(level: ScopeLevel, granted: PermissionSet | null, permission: Permission): boolean {
  if (!canHold(level, permission)) return false;
  if (permission === "organization_read") return true;
  if (permission === "agent_verify") return granted === null;
  if (granted === null) return !onlyWhenGranted.has(permission);
  return grants(granted, permission);
}

/** True when keys of `level` can have `name` granted; one that is not known here has no bounds. */
function canHold(level: ScopeLevel, name: string): boolean {
  const never = level === "pod" ? podNever : level === "inbox" ? inboxNever : null;
  return never?.has(name) !== true;
}

const levels: readonly ScopeLevel[] = ["organization", "pod", "inbox"];

/** What no key of an organization that is not verified may do. */
const unverifiedNever: ReadonlySet<Permission> = new Set<Permission>([
  "api_key_create",
  "list_entry_create",
  "domain_create",
  "pod_create",
  "pod_update",
  "pod_delete",
  "file_create",
]);

/** True when an organization that an agent made, and that is verified or not, allows its keys a permission that they hold. */
export const standingAllows = (isUnverified: boolean, permission: Permission): boolean =>
  isUnverified ? !unverifiedNever.has(permission) : permission !== "agent_verify";

/** The levels whose keys can hold `permission`, widest first. */
export const levelsThatHold = (permission: Permission): ScopeLevel[] =>
  levels.filter((level) => canHold(level, permission));

/**
 * The first permission that `wanted` grants and a key of `level` with `own` may not, or null: a child key never exceeds its
 * maker, but for what no key holds without a grant.
 */
export function exceeds(level: ScopeLevel, own: PermissionSet | null, wanted: PermissionSet): string | null {
  const mayGrant = (name: string): boolean =>
    own === null
      ? canHold(level, name) && (level === "organization" || !onlyFromOrganization.has(name))
      : grants(own, name) && canHold(level, name);
  return firstGranted(wanted, (name) => !mayGrant(name));
}

/** The first permission that `wanted` grants and no key of `level` can hold, or null. */
export const outOfReach = (level: ScopeLevel, wanted: PermissionSet): string | null =>
  firstGranted(wanted, (name) => !canHold(level, name));

function firstGranted(flags: PermissionSet, is: (name: string) => boolean): string | null {
  return Object.entries(flags).find(([name, granted]) => granted && is(name))?.[0] ?? null;
}

/** A permission that the flags grant by one name and deny by another, or null. */
export function contradictionIn(flags: PermissionSet): string | null {
  const pair = Object.entries(olderNames).find(([newer, older]) => {
    const [one, other] = [flags[newer], flags[older]];
    return one !== undefined && other !== undefined && one !== other;
  });
  return pair?.[0] ?? null;
}

/** Every flag by every name that it has, for answers. */
export function spelledOut(flags: PermissionSet): PermissionSet {
  const named = permissions.flatMap((name) => {
    const older = olderNames[name];
    const isGranted = flags[name] === true || (older !== undefined && flags[older] === true);
    return older === undefined ? [[name, isGranted]] : [name, older].map((one) => [one, isGranted]);
  });
  return { ...flags, ...Object.fromEntries(named) };
}

/** Labels whose messages are hidden: from lists that do not ask for them, and from keys that may not see them. */
export const restrictedLabels = ["spam", "blocked", "unauthenticated", "trash"] as const;
export type RestrictedLabel = (typeof restrictedLabels)[number];

/** Labels whose messages this key never sees, whatever its query includes (contract 9.4). */
export function unseenLabels(level: ScopeLevel, granted: PermissionSet | null): RestrictedLabel[] {
  return restrictedLabels.filter((label) => !holds(level, granted, `label_${label}_read`));
}
