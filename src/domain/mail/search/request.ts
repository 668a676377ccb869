/** What a search of mail takes, and what of it is checked. */
import { createHighlighter, type Highlighter, readQuery } from "../../../protocols/search/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import type { HitRequest } from "./find-hits.ts";
import type { SearchOrder } from "./hit.ts";

export interface SearchMail {
  readonly query: string;
  readonly order: SearchOrder;
  readonly before: Date | null;
  readonly after: Date | null;
  readonly page: Pick<PageRequest, "size" | "after">;
}

export interface CheckedSearch {
  readonly request: Omit<HitRequest, "ofThreads">;
  readonly highlight: Highlighter;
}

/** No query is refused: what is no word, phrase or operator is left out. */
export function checkSearch({ query, order, before, after, page }: SearchMail): CheckedSearch {
  const read = readQuery(query);
  return {
    request: { query: read, order, before, after, size: page.size, cursor: page.after },
    highlight: createHighlighter(read),
  };
}
