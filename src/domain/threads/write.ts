/** The writing side of threads, for messages that join them. Reading and changing threads is in ./index.ts. */
export { joinThread, type Member, startThread, type ThreadState } from "./aggregate.ts";
export { lockThreads, recomputeThreads, saveThreads } from "./write-store.ts";
