/** Bounds of drafts. */

/** Drafts of one inbox: a campaign that is scheduled, a few times over. */
export const MAX_DRAFTS = 50_000;
/** Days ahead for which a draft may be scheduled: a year, its leap day included. */
export const MAX_SCHEDULE_DAYS = 366;
/** Drafts of one pod sent in a turn, one after the other: some 100 ms, after which another pod has its own. */
export const MAX_DUE_DRAFTS = 16;
/** Tries of a scheduled draft that the server is at fault for, after which it has failed: the waits between them double from a second on, a quarter of an hour in all. */
export const MAX_DRAFT_TRIES = 10;
