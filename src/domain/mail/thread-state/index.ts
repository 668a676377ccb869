/** What a thread adds up to, kept true as messages join and leave. Below messages, which threads are read through. */

export { joinThread, type Member, startThread } from "./aggregate.ts";
export type { ThreadState } from "./rows.ts";
export { lockFreeThreads, lockThreads, recomputeThreads, saveThreads, type ThreadKey } from "./store.ts";
