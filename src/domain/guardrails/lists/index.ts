export { checkRecipients } from "./check-recipients.ts";
export { createListEntry } from "./create.ts";
export { deleteListEntry } from "./delete.ts";
export { canonicalEntry, entryTypeOf } from "./entry.ts";
export { getListEntry } from "./get.ts";
export { listListEntries } from "./list.ts";
export type { ListEntry } from "./list-entry.ts";
export { judgeSenders, type SenderTo } from "./senders.ts";
