/** Bounds of rules. */

/** Rules of an organization: a few of each of many tenants. Those in force on sends of every pod are compiled together. */
export const MAX_RULES = 10_000;
/** Rules that one pod has attached: ten times what is measured in docs/benchmarks.md, and still well under a millisecond a message. */
export const MAX_POD_RULES = 1000;
/** Conditions, and actions, of one rule: longer ones are value lists. */
export const MAX_RULE_CONDITIONS = 50;
export const MAX_RULE_ACTIONS = 20;
/** Conditions of compiled rules that a process remembers, over all pods: about 300 bytes each. */
export const MAX_COMPILED_CONDITIONS = 200_000;
/** Pods of which a process remembers what rules they have attached: about 200 bytes each. */
export const MAX_PODS_WITH_KNOWN_RULES = 100_000;
/** Addresses of which a process remembers what value lists their rules name: about 150 bytes each. */
export const MAX_ADDRESSES_WITH_KNOWN_LISTS = 50_000;
/** Messages that one trial of a rule or a policy judges, and reports of what that would have done: an answer of some megabytes at most. */
export const MAX_TRIAL_MESSAGES = 100_000;
export const MAX_TRIAL_MATCHES = 10_000;
/** Milliseconds that a trial takes: as long as the official client waits for an answer. */
export const MAX_TRIAL_MS = 60_000;
/** Messages judged in one transaction of a trial, and inboxes looked at for them: a few milliseconds, or some tens where each send is a statement. */
export const TRIAL_BATCH_MESSAGES = 500;
export const TRIAL_BATCH_INBOXES = 50;
/** Days that a trial goes back when its caller says nothing. */
export const DEFAULT_TRIAL_DAYS = 7;
