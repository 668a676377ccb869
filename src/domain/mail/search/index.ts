export type { Highlights } from "./highlights.ts";
export { type SearchOrder, searchKey } from "./hit.ts";
export { enqueueMissedLooks, type IndexTurn, indexTurn, queueMissedMail } from "./index-turn.ts";
export { INDEX_BATCH, INDEX_BATCH_IN_FLOOD } from "./limits.ts";
export type { SearchMail } from "./request.ts";
export { type FoundMessage, searchMessages } from "./search-messages.ts";
export { type FoundThread, searchThreads } from "./search-threads.ts";
