/** Bounds of policies. */

/** Characters of what a policy has at the end of each mail: several lines of a legal text. */
export const MAX_FOOTER_LENGTH = 1000;
/** Policies of an organization: a product has a few tiers, and some tenants their own. */
export const MAX_POLICIES = 1000;
/** Media types, and names of folders, of one policy. */
export const MAX_ATTACHMENT_TYPES = 100;
export const MAX_POLICY_FOLDERS = 100;
/** Pods that are named when one keeps something from being deleted: enough to begin with. */
export const MAX_NAMED_PODS = 10;
/** Pods whose limits a process remembers; an entry is about 400 bytes. */
export const LIMITS_CACHE_ENTRIES = 20_000;
