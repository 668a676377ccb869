/** Where a mail belongs that an inbox sends by its own words: in the thread of what it says it answers. */
import type { Tx } from "../../../storage/db.ts";
import type { InboxTarget, Scope } from "../../door/access/index.ts";
import { type KnownMessage, KnownMessages } from "./known-messages.ts";
import { findKnown } from "./store.ts";

/** What its header says of a mail. */
export interface OwnWords {
  /** Its Message-ID. */
  readonly sentMessageId: string;
  readonly contentSha256: Buffer;
  /** Message-IDs of what it may answer, the nearest first. */
  readonly ancestors: readonly string[];
}

export interface Place {
  /** Null: it starts a thread. */
  readonly threadId: string | null;
  /** Whether a message of the inbox has its Message-ID as its own id. */
  readonly isTaken: boolean;
}

export async function placeOf(
  tx: Tx,
  scope: Scope,
  { podId, id: inboxId }: Pick<InboxTarget, "podId" | "id">,
  { sentMessageId, contentSha256, ancestors }: OwnWords,
): Promise<Place> {
  const keyOf = (messageId: string) => ({ podId, inboxId, messageId });
  const found: readonly KnownMessage[] = await findKnown(
    tx,
    scope,
    [{ ...keyOf(sentMessageId), contentSha256 }],
    ancestors.map(keyOf),
  );
  const known = new KnownMessages(found);
  return {
    threadId: known.ancestorOf(inboxId, sentMessageId, ancestors)?.threadId ?? null,
    isTaken: known.isTaken(inboxId, sentMessageId),
  };
}
