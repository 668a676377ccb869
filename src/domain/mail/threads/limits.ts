/** Bounds of threads. */

/** Messages of a thread that one label change may touch (contract 9.4: 422 from here on). */
export const MAX_THREAD_UPDATE_MESSAGES = 100;
/** Attachments shown of one thread in lists and at its head, oldest first; each message shows all of its own. */
export const MAX_THREAD_ATTACHMENTS = 100;
