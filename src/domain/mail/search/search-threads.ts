import type { Page } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import { findThreads, type Thread } from "../threads/index.ts";
import { findHits, searchFailures } from "./find-hits.ts";
import { findHighlights, type Highlights } from "./highlights.ts";
import { checkSearch } from "./request.ts";

export interface FoundThread {
  readonly thread: Thread;
  /** Of the message that fits best. Null: nothing to show. */
  readonly highlights: Highlights | null;
}

/** Threads of the target with a message that has the words of the query; those with a restricted label are never found (contract 9.4). */
export const searchThreads = operation({
  name: "thread.search",
  needs: ["message_read"],
  on: "any",
  kind: "read",
  fails: searchFailures,
  check: checkSearch,
  async run(context, { request, highlight }): Promise<Page<FoundThread>> {
    const { tx, scope } = context;
    const { hits, next } = await findHits(context, { ...request, ofThreads: true });
    const keys = hits.map(({ podId, threadId }) => ({ podId, id: threadId }));
    const [found, highlights] = await Promise.all([
      findThreads(tx, scope, keys),
      findHighlights(tx, scope, hits, highlight),
    ]);
    const threads = new Map(found.map((thread) => [thread.id, thread]));
    const items = hits.flatMap(({ id, threadId }) => {
      const thread = threads.get(threadId);
      return thread === undefined ? [] : [{ thread, highlights: highlights.get(id) ?? null }];
    });
    return { items, next };
  },
});
