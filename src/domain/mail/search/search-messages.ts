import type { Page } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import { findMessages, type Message } from "../messages/index.ts";
import { findHits, searchFailures } from "./find-hits.ts";
import { findHighlights, type Highlights } from "./highlights.ts";
import { checkSearch } from "./request.ts";

export interface FoundMessage {
  readonly message: Message;
  /** Null: nothing to show, as when only excluded words were given. */
  readonly highlights: Highlights | null;
}

/** Messages of the inbox that have the words of the query; those with a restricted label are never found (contract 9.4). */
export const searchMessages = operation({
  name: "message.search",
  needs: ["message_read"],
  on: "inbox",
  kind: "read",
  fails: searchFailures,
  check: checkSearch,
  async run(context, { request, highlight }): Promise<Page<FoundMessage>> {
    const { tx, scope, inbox } = context;
    const { hits, next } = await findHits(context, { ...request, ofThreads: false });
    const ids = hits.map(({ id }) => id);
    if (ids.length === 0) return { items: [], next };
    const [messages, highlights] = await Promise.all([
      findMessages(tx, scope, inbox, { ids }),
      findHighlights(tx, scope, hits, highlight),
    ]);
    const byId = new Map(messages.map((message) => [message.id, message]));
    const items = ids.flatMap((id) => {
      const message = byId.get(id);
      return message === undefined ? [] : [{ message, highlights: highlights.get(id) ?? null }];
    });
    return { items, next };
  },
});
