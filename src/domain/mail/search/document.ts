/** What of a message is searched, and how it is written for the index. */
import { setImmediate as turn } from "node:timers/promises";
import { textOfHtml } from "../../../protocols/mime/index.ts";
import { toTsvector } from "../../../protocols/search/index.ts";
import { READ_AT_ONCE } from "./limits.ts";

/** The searched parts of a message. */
export interface Document {
  readonly podId: string;
  readonly id: string;
  readonly organizationId: string;
  readonly inboxId: string;
  readonly threadId: string;
  readonly timestamp: Date;
  readonly from: string;
  readonly recipients: readonly string[];
  readonly subject: string | null;
  /** Without quoted history; null when there is only HTML. */
  readonly text: string | null;
  /** Of a message without text. */
  readonly html: string | null;
  readonly filenames: readonly string[];
}

/** A message with the text that is searched and shown: of its own, or of its HTML. */
export interface ReadDocument extends Omit<Document, "html"> {
  readonly text: string;
}

/** As the function rookery_search_mark writes it (migrations/0038_search.sql). */
const mark = (kind: "o" | "p" | "i", id: string): string => `@${kind}${id.replaceAll("-", "")}`;

/** The message as PostgreSQL's tsvector. The subject counts most in the order of results, then people and files. */
export function documentWords(document: ReadDocument): string {
  return toTsvector(
    [
      { text: document.subject ?? "", weight: "A" },
      ...[document.from, ...document.recipients, ...document.filenames].map(
        (text) => ({ text, weight: "B" }) as const,
      ),
      { text: document.text, weight: "D" },
    ],
    [mark("o", document.organizationId), mark("p", document.podId), mark("i", document.inboxId)],
  );
}

/** What `read` makes of each, in order. Mail arrives, and requests are answered, in between, and between pieces of long HTML. */
export async function readInTurns<Made>(
  documents: readonly Document[],
  read: (document: ReadDocument) => Made,
): Promise<Made[]> {
  const made: Made[] = [];
  let characters = 0;
  for (const document of documents) {
    characters += (document.text ?? document.html ?? "").length;
    if (characters > READ_AT_ONCE && made.length > 0) {
      await turn();
      characters = (document.text ?? document.html ?? "").length;
    }
    const { html, ...rest } = document;
    const text = rest.text ?? (html === null ? "" : await textOfHtml(html, turn));
    made.push(read({ ...rest, text }));
  }
  return made;
}
