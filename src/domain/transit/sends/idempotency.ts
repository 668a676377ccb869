/** Idempotency-Key: a repeated send is done once. */
import { sha256 } from "../../../lib/hash.ts";
import type { InboxContext } from "../../door/context.ts";
import { Failure, fail } from "../../door/failures.ts";
import {
  findFirstAnswers,
  rememberAnswers,
  takeFreeTurns,
  takeTurnOfKey,
  type UsedKey,
} from "./idempotency-store.ts";
import type { Sent } from "./store-sent.ts";

/** A request that carries an Idempotency-Key. */
export interface Repeatable {
  readonly key: string;
  /** Of the operation and all of its input. */
  readonly fingerprint: Buffer;
}

/** Null for an input without a key. Pure: megabytes are hashed before a transaction is open. */
export function repeatable(
  operation: string,
  input: { readonly idempotencyKey: string | null },
): Repeatable | null {
  const { idempotencyKey: key } = input;
  return key === null ? null : { key, fingerprint: sha256(JSON.stringify([operation, input])) };
}

/**
 * Runs `act` once for an Idempotency-Key: the same request again gets the first answer, another request under the same
 * key and from the same inbox fails with idempotency.conflict (contract 5.2). Of concurrent twins the one that comes second is run again
 * when the first has committed. Keys are per inbox: otherwise the holder of one inbox's API key could probe which keys other inboxes use.
 * @param act its writes, if there are any, come behind `context.sharing.settled`
 */
export async function withIdempotencyKey(
  context: InboxContext,
  request: Repeatable | null,
  act: () => Promise<Sent>,
): Promise<Sent> {
  if (request === null) return act();
  const { key, fingerprint } = request;
  const { tx, scope, inbox, sharing } = context;
  const { podId, id: inboxId, organizationId } = inbox;
  sharing.claim(`key ${inboxId} ${key}`);
  const used = { podId, inboxId, organizationId, key };
  // What is done alone waits for its twins: a draft, for one, is not to be seen locked by them. What shares a transaction would have all others
  // wait, and those whose inboxes they have counted; so it leaves.
  const [isItsTurn, answer] = await Promise.all([
    sharing.isShared ? tx.together(takeFreeTurns, scope, used) : takeTurnOfKey(tx, scope, used),
    firstAnswer(context, used, fingerprint),
  ]);
  if (answer !== null) return answer;
  if (!isItsTurn) return sharing.leave();
  let result: Sent;
  try {
    result = await act();
  } catch (error) {
    const twin = isOfTwin(error) ? await firstAnswer(context, used, fingerprint) : null;
    if (twin === null) throw error;
    return twin;
  }
  if (!(await tx.together(rememberAnswers, scope, { ...used, fingerprint, result }))) return sharing.leave();
  return result;
}

/**
 * Whether it may have been refused for what its twin has done meanwhile, such as using up a limit. Rules that could not be evaluated are
 * nobody's doing, and the statement that failed leaves a transaction that answers nothing more.
 */
const isOfTwin = (error: unknown): boolean =>
  error instanceof Failure && error.code !== "guardrails.unavailable";

async function firstAnswer(context: InboxContext, used: UsedKey, fingerprint: Buffer): Promise<Sent | null> {
  const earlier = await context.tx.together(findFirstAnswers, context.scope, used);
  if (earlier === null) return null;
  if (!earlier.fingerprint.equals(fingerprint)) throw usedBefore();
  context.target(earlier.result.messageId);
  return earlier.result;
}

const usedBefore = (): Failure =>
  fail("idempotency.conflict", {
    message: "Idempotency-Key was used for another request",
    hint: "Use a new key for a new message.",
  });
