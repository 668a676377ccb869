/** Bounds of messages. */

/** Bytes of the messages of one page, as the database knows them without reading them; a page has one message at least. A thousand of them, with bodies of 25 MB each, would end the process; with 32 MB a page took it half a second. */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024;
/** Characters of message texts in one statement: with its quotes it is a string, and as bytes, several times over. V8's longest string has 512 Mi. */
export const MAX_STATEMENT_CHARACTERS = 32 * 1024 * 1024;
/** Messages one batch may read, and one may change (contract 17). */
export const MAX_BATCH_GET = 500;
export const MAX_BATCH_UPDATE = 50;
