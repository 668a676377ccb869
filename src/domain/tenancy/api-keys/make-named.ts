/** Keys that are made once: a key has no client_id, so what is made again is found by its name. */
import { isAddedHere } from "../../door/access/index.ts";
import { found, type Outcome, type Placed } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import type { ApiKey } from "./api-key.ts";
import { type ApiKeyPlan, type MintedKey, mintsFor, storeKeys } from "./make.ts";
import { findKeysNamed, type KeyName, nameKey } from "./store.ts";

/** The secret of a key that was there is not known any more. */
export interface NamedKey {
  readonly key: ApiKey;
  readonly secret: string | null;
}

/**
 * Makes keys, or finds those of their names to exactly their pod or inbox. Who calls it holds off others that do the same for
 * the same pod, by the pod's client_id. @param receiptId of who has yet to confirm that the secrets were received @returns an outcome for each of `wanted`
 */
export async function makeNamedApiKeys(
  context: Context,
  wanted: readonly Placed<ApiKeyPlan>[],
  receiptId: string | null = null,
): Promise<Outcome<NamedKey>[]> {
  const { tx, scope } = context;
  const named = wanted.map((one) => ({ ...one, name: nameOf(one) }));
  const existing = await findKeysNamed(
    tx,
    scope,
    named.flatMap(({ name }) => (isAddedHere(tx, name) ? [] : [name])),
    context.now,
  );
  const mint = await mintsFor(context, wanted);
  const minted = new Map<string, MintedKey>();
  const outcomes = named.map((one): Outcome<NamedKey> => {
    const name = nameKey(one.name);
    const before = existing.get(name) ?? minted.get(name)?.key;
    if (before !== undefined) return found({ key: before, secret: null });
    const outcome = mint(one);
    if (outcome.kind === "made") minted.set(name, outcome.thing);
    return outcome;
  });
  await storeKeys(context, [...minted.values()], receiptId);
  return outcomes;
}

const nameOf = ({ scope, plan }: Placed<ApiKeyPlan>): KeyName => ({
  podId: scope.podId,
  inboxId: scope.inboxId,
  name: plan.name,
});
