export { deleteThread } from "./delete.ts";
export { getThread, type ThreadPage } from "./get.ts";
export { getThreadAttachment } from "./get-attachment.ts";
export { type ListThreads, listThreads } from "./list.ts";
export { findSeenThread, findThread, findThreads } from "./store.ts";
export type { Thread } from "./thread.ts";
export { updateThread } from "./update.ts";
