/** Bounds of what is shown of a thread. */

/** Senders, and recipients, shown of one thread, in the order they joined: each mail may name a thousand, and its row is written anew with each. */
export const MAX_THREAD_PEOPLE = 1000;
