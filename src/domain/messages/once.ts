/** Idempotency-Key: a send that is asked for twice is done once. */
import { sha256 } from "../../lib/hash.ts";
import { fail } from "../failures.ts";
import type { InboxContext } from "../operation.ts";
import { findIdempotent, rememberResult, reserveKey } from "./idempotency-store.ts";
import type { Submitted } from "./sending.ts";

/**
 * Runs `act` once for an Idempotency-Key: the same request again gets the first answer, another request under the same
 * key fails with idempotency.conflict (contract 5.2). A concurrent twin waits for the first to commit.
 */
export async function onceFor(
  context: InboxContext,
  key: string | null,
  request: { readonly operation: string; readonly input: unknown },
  act: () => Promise<Submitted>,
): Promise<Submitted> {
  if (key === null) return act();
  const fingerprint = sha256(JSON.stringify([request.operation, context.inbox.id, request.input]));
  const { tx, scope, inbox, now } = context;
  if (
    !(await reserveKey(tx, scope, {
      podId: inbox.podId,
      inboxId: inbox.id,
      organizationId: inbox.organizationId,
      key,
      fingerprint,
      now,
    }))
  ) {
    const earlier = await findIdempotent(tx, scope, inbox.podId, key);
    if (earlier === null || !earlier.fingerprint.equals(fingerprint))
      throw fail("idempotency.conflict", {
        say: "Idempotency-Key was used for another request",
        fix: "Use a new key for a new message.",
      });
    context.target(earlier.result.messageId);
    return earlier.result;
  }
  const result = await act();
  await rememberResult(tx, scope, inbox.podId, key, result);
  return result;
}
