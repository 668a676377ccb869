/** Full text search, apart from who searches and where: terms, queries, documents, and what is shown of a hit. */
export { type DocumentField, toTsvector } from "./document.ts";
export { createHighlighter, type Highlighter } from "./highlight.ts";
export { readQuery, type SearchQuery, toTsquery } from "./query.ts";
export { askedWordsOf, wordsOf } from "./terms.ts";
