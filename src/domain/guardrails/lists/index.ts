export { checkRecipients } from "./check-recipients.ts";
export { createListEntry } from "./create.ts";
export { deleteListEntry } from "./delete.ts";
export { type EntryType, entryTypeOf } from "./entry.ts";
export { getListEntry } from "./get.ts";
export { listListEntries } from "./list.ts";
export type { ListEntry } from "./list-entry.ts";
export type { CreateListEntry } from "./make.ts";
export { judgeSenders, type SenderTo, type SenderVerdict } from "./senders.ts";
