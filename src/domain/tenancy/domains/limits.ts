/** Bounds of domains. */

/** Domains of one pod, and of the organization beside its pods, that are not verified: each is looked up again and again. */
export const MAX_UNVERIFIED_DOMAINS = 100;
/** Milliseconds between checks of a verified domain: its records seldom change, and mail that leaves meanwhile is only not believed. */
export const DOMAIN_CHECK_MS = 86_400_000;
/** Checks of a domain that is not verified since it was last asked for: two days, then three weeks of one a day. */
export const MAX_UNVERIFIED_CHECKS = 33;
/** Checks in a row, and milliseconds from the first to the last, after which a domain that was verified is no longer: a name server's bad day is neither. */
export const BROKEN_DOMAIN_CHECKS = 5;
export const BROKEN_DOMAIN_MS = 172_800_000;
/** Texts that are kept of what is published in place of a record, and characters of each: enough to see whose they are. */
export const MAX_FOUND_RECORDS = 5;
export const MAX_FOUND_LENGTH = 500;
/** DKIM keys that a process keeps opened: about 2 KB each. */
export const DKIM_SIGNERS_REMEMBERED = 4000;
/**
 * Milliseconds that the record of a DKIM key stays published when another signs: mail that it signed may wait for five days, and is
 * looked at by filters for some time after it arrived.
 */
export const DKIM_RETIRING_MS = 8 * 86_400_000;
