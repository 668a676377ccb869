/** What a thread adds up to, kept true as messages join and leave. Below messages, which threads are read through. */

export { joinThread, type Member, startThread } from "./aggregate.ts";
export type { ThreadState } from "./rows.ts";
export { lockThreads, recomputeThreads, saveThreads } from "./store.ts";
