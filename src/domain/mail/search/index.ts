export type { Highlights } from "./highlights.ts";
export { type SearchOrder, searchKey } from "./hit.ts";
export { enqueueMissedLooks, type IndexTurn, indexTurn, queueMissedMail } from "./index-turn.ts";
export { INDEX_BATCH } from "./limits.ts";
export type { SearchMail } from "./request.ts";
export { type FoundMessage, searchMessages } from "./search-messages.ts";
export { type FoundThread, searchThreads } from "./search-threads.ts";
