/**
 * Links by which a recipient ends the mail of a tenant (RFC 8058). A link is a sealed text: nothing about it is stored,
 * it says nothing to who reads it in a log, and it holds for as long as the seal key does, whatever became of the mail.
 */
import { SealBroken, type Sealer } from "../../../lib/seal.ts";
import { isUuid } from "../../../lib/uuid.ts";
import type { Database } from "../../../storage/db.ts";
import { type InboxTarget, systemActor, systemActorAround } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { canonicalEntry } from "../lists/index.ts";
import { suppress } from "./suppress.ts";

const PURPOSE = "unsubscribe";
/** Characters of a token that are looked at: two ids and the longest address, sealed, are some 500. */
const MAX_TOKEN_LENGTH = 1000;

/** @param recipient address that the mail goes to @returns null for one that can be on no list */
export function unsubscribeToken(
  sealer: Sealer,
  { podId, id }: Pick<InboxTarget, "podId" | "id">,
  recipient: string,
): string | null {
  const entry = canonicalEntry(recipient);
  return entry === null ? null : sealer.seal([podId, id, entry].join("\n"), PURPOSE).toString("base64url");
}

export interface UnsubscribeParts {
  readonly door: Door;
  readonly database: Database;
  readonly sealer: Sealer;
}

/** What a link is about. */
export interface Subscription {
  /** Address of the inbox that wrote the mail; null: it was deleted. */
  readonly sender: string | null;
  readonly recipient: string;
  /** Puts the recipient on the send block list of the pod that the inbox is in; again it changes nothing. */
  end(): Promise<void>;
}

/** @throws Failure object.not_found for a token that is none of ours */
export async function openSubscription(parts: UnsubscribeParts, token: string): Promise<Subscription> {
  const { podId, inboxId, recipient } = readToken(parts.sealer, token);
  const { database } = parts;
  const found = await systemActorAround(database, PURPOSE, inboxId);
  const actor = found?.actor ?? (await systemActor(database, PURPOSE, { podId }));
  const sender = found?.address ?? null;
  // With the pod all that would write is gone.
  if (actor === null) return { sender, recipient, end: async () => undefined };
  return { sender, recipient, end: () => parts.door.run(unsubscribe, actor, {}, { recipient }) };
}

interface Claim {
  readonly podId: string;
  readonly inboxId: string;
  readonly recipient: string;
}

function readToken(sealer: Sealer, token: string): Claim {
  const [podId = "", inboxId = "", recipient = ""] = opened(sealer, token).split("\n", 3);
  if (!isUuid(podId) || !isUuid(inboxId) || canonicalEntry(recipient) === null) throw noLink();
  return { podId, inboxId, recipient };
}

function opened(sealer: Sealer, token: string): string {
  if (token.length > MAX_TOKEN_LENGTH) throw noLink();
  try {
    return sealer.open(Buffer.from(token, "base64url"), PURPOSE);
  } catch (error) {
    if (error instanceof SealBroken) throw noLink();
    throw error;
  }
}

const noLink = () =>
  fail("object.not_found", {
    message: "Unsubscribe link not found",
    hint: "Copy the whole link out of the mail.",
  });

const unsubscribe = operation({
  name: "suppression.unsubscribe",
  needs: "system",
  on: "any",
  kind: "write",
  async run(context, { recipient }: { readonly recipient: string }): Promise<void> {
    const { podId } = context.scope;
    const entry = canonicalEntry(recipient);
    if (entry === null || podId === null) throw new Error("an unsubscribe link is of a pod and an address");
    context.target(entry);
    const reason = "Unsubscribed by the recipient";
    await suppress(context, podId, [{ address: entry, cause: "unsubscribe", reason }]);
  },
});
