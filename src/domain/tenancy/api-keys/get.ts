import { isUuid } from "../../../lib/uuid.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { ApiKey } from "./api-key.ts";
import { findIdOfClient, findKey, lockKey } from "./store.ts";

export interface KeyReference {
  /** Or the client_id of a public key. */
  readonly id: string;
  /** Only a key of exactly the target's level. */
  readonly exact: boolean;
}

/**
 * The key to read, or (`lockKey`) to change: others' changes of it then wait for this transaction.
 * @throws Failure object.not_found, for a foreign key as for an absent one
 */
async function requireKey(
  look: typeof findKey,
  { tx, scope }: Context,
  { id, exact }: KeyReference,
): Promise<ApiKey> {
  const byId = isUuid(id) ? await look(tx, scope, { exact }, id) : null;
  const named = byId === null ? await findIdOfClient(tx, scope, { exact }, id) : null;
  const key = named === null ? byId : await look(tx, scope, { exact }, named);
  if (key === null) throw noSuchKey();
  return key;
}

export const noSuchKey = () =>
  fail("object.not_found", {
    message: "API key not found",
    hint: "List API keys to see the ids this key can reach.",
  });

export const requireKeyToChange = (context: Context, reference: KeyReference): Promise<ApiKey> =>
  requireKey(lockKey, context, reference);

/** One key by id. */
export const getApiKey = operation({
  name: "api_key.get",
  needs: ["api_key_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  run: (context, input: KeyReference): Promise<ApiKey> => requireKey(findKey, context, input),
});
