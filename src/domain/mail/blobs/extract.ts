/** Text of documents: taken out when somebody asks for one for the first time, and kept. */
import type { Clock } from "../../../lib/clock.ts";
import type { Database } from "../../../storage/db.ts";
import { systemActor, systemScope } from "../../door/access/index.ts";
import type { DocumentOrder } from "../../door/outside.ts";
import { readBlob } from "./rows.ts";
import { type BlobKey, findText, hasText, keepText, noteUnread } from "./text-store.ts";

export interface ExtractParts {
  readonly database: Database;
  readonly clock: Clock;
  /** Takes the text out of a document; null: there is none; undefined: that was not found out in time. */
  readonly textOf: (
    content: Uint8Array,
    format: DocumentOrder["format"],
  ) => Promise<string | null | undefined>;
}

/** Whether text was looked for in these bytes, and there is some; undefined when nobody has looked, or it is time to look again. */
export const knownText = (database: Database, order: DocumentOrder): Promise<boolean | undefined> =>
  database.readOnce(systemScope, (tx) => hasText(tx, systemScope, order));

/** The text of these bytes; null when there is none, or nobody has looked. */
export const readText = async (database: Database, blob: BlobKey): Promise<string | null> =>
  (await database.readOnce(systemScope, (tx) => findText(tx, systemScope, blob))) ?? null;

/** Takes the text out and keeps it, or that there is none, or when to try again. @returns whether there is some */
export async function extractBlobText(parts: ExtractParts, order: DocumentOrder): Promise<boolean> {
  const { database, clock, textOf } = parts;
  const actor = await systemActor(database, "documents", { podId: order.podId });
  if (actor === null) return false;
  const content = await database.transaction(actor.scope, (tx) =>
    readBlob(tx, actor.scope, order.podId, order.sha256),
  );
  if (content === null) return false;
  const text = await textOf(content, order.format);
  await database.transaction(systemScope, (tx) =>
    text === undefined
      ? noteUnread(tx, systemScope, order, clock.now())
      : keepText(tx, systemScope, order, text, clock.now()),
  );
  return typeof text === "string";
}
