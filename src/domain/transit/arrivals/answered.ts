/** Where a mail belongs that an inbox sends by its own words: in the thread of what it says it answers. */
import type { Tx } from "../../../storage/db.ts";
import type { InboxTarget, Scope } from "../../door/access/index.ts";
import { KnownMessages } from "./known-messages.ts";
import { findKnown, type MailKey, type MessageKey } from "./store.ts";

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
  const known = await tx.together(findKnownOf, scope, {
    mail: { ...keyOf(sentMessageId), contentSha256 },
    ancestors: ancestors.map(keyOf),
  });
  return {
    threadId: known.ancestorOf(inboxId, sentMessageId, ancestors)?.threadId ?? null,
    isTaken: known.isTaken(inboxId, sentMessageId),
  };
}

interface AskedPlace {
  readonly mail: MailKey;
  readonly ancestors: readonly MessageKey[];
}

/** What is known of all, for each. */
async function findKnownOf(
  tx: Tx,
  scope: Scope,
  asked: readonly AskedPlace[],
): Promise<readonly KnownMessages[]> {
  const mails = asked.map(({ mail }) => mail);
  const known = new KnownMessages(
    await findKnown(
      tx,
      scope,
      mails,
      asked.flatMap(({ ancestors }) => ancestors),
    ),
  );
  return asked.map(() => known);
}
