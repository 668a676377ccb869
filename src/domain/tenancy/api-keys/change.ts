/** Changing many keys at once. */
import type { PermissionSet } from "../../door/access/index.ts";
import { failed, made, type Outcome, thingsMade } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { attempt, Failure } from "../../door/failures.ts";
import type { ApiKey } from "./api-key.ts";
import { noSuchKey } from "./get.ts";
import { checkPermissionNames, checkRights, levelOf } from "./rights.ts";
import { deleteKeyRows, findKeys, updateKeyPermissions } from "./store.ts";

export interface KeyChange {
  readonly id: string;
  /** Replaces all flags; null lifts every restriction. */
  readonly permissions: PermissionSet | null;
}

/** @returns for each what it is then, or why it stays: object.not_found, permission.escalation, permission.unrestricted_required */
export async function changeKeys(
  context: Context,
  changes: readonly KeyChange[],
): Promise<Outcome<ApiKey>[]> {
  const change = (key: ApiKey, { permissions }: KeyChange): ApiKey => {
    checkPermissionNames(permissions);
    checkRights(context.actor, levelOf(key), permissions);
    return { ...key, permissions, updatedAt: context.now };
  };
  const outcomes = await ofKeys(context, changes, change);
  await updateKeyPermissions(context.tx, context.scope, thingsMade(outcomes));
  return outcomes;
}

/** Revokes keys, from the next request on. @returns for each what it was, or why it stays: as changeKeys */
export async function revokeKeys(context: Context, ids: readonly string[]): Promise<Outcome<ApiKey>[]> {
  const outcomes = await ofKeys(
    context,
    ids.map((id) => ({ id })),
    (key) => key,
  );
  await deleteKeyRows(
    context.tx,
    context.scope,
    thingsMade(outcomes).map(({ id }) => id),
  );
  return outcomes;
}

async function ofKeys<Wanted extends { readonly id: string }>(
  context: Context,
  wanted: readonly Wanted[],
  change: (key: ApiKey, wanted: Wanted) => ApiKey,
): Promise<Outcome<ApiKey>[]> {
  const { tx, scope, actor } = context;
  const ids = wanted.map(({ id }) => id);
  const found = new Map((await findKeys(tx, scope, ids)).map((key) => [key.id, key]));
  // One notice for all of them, where there are several.
  if (found.size > 0) context.keysChanged(found.size > 1 ? null : (ids[0] ?? null));
  return wanted.map((one): Outcome<ApiKey> => {
    const key = found.get(one.id);
    if (key === undefined) return failed(noSuchKey());
    const changed = attempt(() => {
      checkRights(actor, levelOf(key), key.permissions);
      return change(key, one);
    });
    return changed instanceof Failure ? failed(changed) : made(changed);
  });
}
