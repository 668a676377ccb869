/** What of a hit is shown of why it was found (contract 6.7). */
import type { Highlighter } from "../../../protocols/search/index.ts";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { type ReadDocument, readInTurns } from "./document.ts";
import { findDocuments, type MessageKey } from "./document-store.ts";
import { HIGHLIGHTED_AT_ONCE } from "./limits.ts";

/** Pieces of the parts that have what was asked for, with those terms between `**`; a part without any is empty. */
export interface Highlights {
  readonly from: readonly string[];
  readonly recipients: readonly string[];
  readonly subject: readonly string[];
  readonly text: readonly string[];
}

/** By message id, a few at a time: reading their texts takes the event loop some 50 µs each. */
export async function findHighlights(
  tx: Tx,
  scope: Scope,
  keys: readonly MessageKey[],
  highlight: Highlighter,
): Promise<ReadonlyMap<string, Highlights>> {
  const found = new Map<string, Highlights>();
  for (let start = 0; start < keys.length; start += HIGHLIGHTED_AT_ONCE) {
    const documents = await findDocuments(tx, scope, keys.slice(start, start + HIGHLIGHTED_AT_ONCE));
    await readInTurns(documents, (document) => found.set(document.id, highlightsOf(document, highlight)));
  }
  return found;
}

const highlightsOf = (document: ReadDocument, highlight: Highlighter): Highlights => ({
  from: highlight(document.from),
  recipients: document.recipients.flatMap(highlight),
  subject: highlight(document.subject ?? ""),
  text: highlight(document.text),
});
