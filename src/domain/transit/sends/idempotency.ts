/** Idempotency-Key: a repeated send is done once. */
import { sha256 } from "../../../lib/hash.ts";
import type { InboxContext } from "../../door/context.ts";
import { type Failure, fail } from "../../door/failures.ts";
import { findIdempotent, rememberResult, reserveKey } from "./idempotency-store.ts";
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
 * key and from the same inbox fails with idempotency.conflict (contract 5.2). A concurrent twin waits for the first to
 * commit. Keys are per inbox: otherwise the holder of one inbox's API key could probe which keys other inboxes use.
 */
export async function withIdempotencyKey(
  context: InboxContext,
  request: Repeatable | null,
  act: () => Promise<Sent>,
): Promise<Sent> {
  if (request === null) return act();
  const { key, fingerprint } = request;
  const { tx, scope, inbox, now } = context;
  const { podId, id: inboxId, organizationId } = inbox;
  const reservation = { podId, inboxId, organizationId, key, fingerprint, now };
  if (!(await reserveKey(tx, scope, reservation))) {
    const earlier = await findIdempotent(tx, scope, reservation);
    if (earlier === null || !earlier.fingerprint.equals(fingerprint)) throw usedBefore();
    context.target(earlier.result.messageId);
    return earlier.result;
  }
  const result = await act();
  await rememberResult(tx, scope, reservation, result);
  return result;
}

const usedBefore = (): Failure =>
  fail("idempotency.conflict", {
    message: "Idempotency-Key was used for another request",
    hint: "Use a new key for a new message.",
  });
