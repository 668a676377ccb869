/** Giving many keys new secrets at once, with an overlap during which both work: see docs/decisions/0037-offboarding.md. */
import { findSuspendedPods, type Scope } from "../../door/access/index.ts";
import type { Placed } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { type Failure, fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import type { ApiKey } from "./api-key.ts";
import { MAX_OVERLAP_SECONDS, MAX_ROTATED_NAMES, MAX_ROTATED_TENANTS, ROTATED_KEYS } from "./limits.ts";
import { type ApiKeyPlan, checkKeyName, type MintedKey, mintsFor, storeKeys } from "./make.ts";
import { findAbsentTenants, lockKeysNamed, type RotatedKey, retireKeys } from "./rotate-store.ts";

export interface RotateKeys {
  /** Of keys to pods and to inboxes. */
  readonly names: readonly string[];
  /** client_ids of pods; null: all that have one. Pods without one, and suspended ones, are left alone. */
  readonly tenants: readonly string[] | null;
  /** Seconds for which the old keys go on working; 0: none. */
  readonly overlapSeconds: number;
  /** Where it goes on; null: from the beginning. */
  readonly from: RotationCursor | null;
}

/** Between two ids of keys. Those that were made since it began have later ones, and are no keys to rotate. */
export interface RotationCursor {
  readonly after: string;
  readonly before: string;
}

/** Sorts before every id. */
const FIRST = "00000000-0000-0000-0000-000000000000";

/** A key that took the place of another. */
export interface Rotation {
  readonly tenant: string;
  readonly minted: MintedKey;
  readonly replacedId: string;
  /** When the old one dies; null: nobody had confirmed to have it, so that it is gone. */
  readonly replacedExpiresAt: Date | null;
}

export interface RotationFailure {
  readonly tenant: string;
  /** Absent: there is no such tenant. */
  readonly key: ApiKey | null;
  readonly failure: Failure;
}

export interface Rotated {
  readonly rotations: readonly Rotation[];
  readonly failures: readonly RotationFailure[];
  /** Confirms these secrets; null: there are none. */
  readonly receiptId: string | null;
  /** Where the next run goes on; null: that was all. */
  readonly next: RotationCursor | null;
}

/**
 * Gives the next keys of these names new secrets: a batch in a transaction. The new key has the name, scope, permissions and expiry of the
 * old one, which is renamed, so that a name finds one key, and dies by itself when the overlap ends. The new one is unconfirmed until
 * its receipt is; an unconfirmed one that is rotated is replaced, and no third key of that name is left.
 */
export const rotateKeys = operation({
  name: "api_key.rotate",
  needs: ["api_key_read", "api_key_create", "api_key_update"],
  on: "organization",
  kind: "write",
  isLong: true,
  check(input: RotateKeys): RotateKeys {
    const { names, tenants, overlapSeconds } = input;
    if (names.length === 0 || names.length > MAX_ROTATED_NAMES)
      throw invalid(["names"], says`${field("names")} must have 1 to ${MAX_ROTATED_NAMES} entries`);
    for (const name of names) checkKeyName(name);
    if (tenants !== null && tenants.length > MAX_ROTATED_TENANTS)
      throw invalid(["tenants"], says`${field("tenants")} may have ${MAX_ROTATED_TENANTS} entries at most`);
    if (!Number.isInteger(overlapSeconds) || overlapSeconds < 0 || overlapSeconds > MAX_OVERLAP_SECONDS)
      throw invalid(
        ["overlapSeconds"],
        says`${field("overlapSeconds")} must be a whole number from 0 to ${MAX_OVERLAP_SECONDS}`,
      );
    return input;
  },
  async run(context, input): Promise<Rotated> {
    const { tx, scope, now } = context;
    const absent = input.from === null ? await absentTenants(context, input.tenants) : [];
    const { after, before } = input.from ?? { after: FIRST, before: context.newId() };
    const keys = await lockKeysNamed(tx, scope, { ...input, after, before, now }, ROTATED_KEYS);
    const { rotations, failures } = await rotateAll(
      context,
      await unsuspended(context, keys),
      input.overlapSeconds,
    );
    const receiptId = rotations.length === 0 ? null : context.newId();
    await retireKeys(
      tx,
      scope,
      rotations.map(({ minted, replacedId, replacedExpiresAt }) => ({
        id: replacedId,
        name: retiredName(minted.key.name, now),
        expiresAt: replacedExpiresAt,
      })),
      now,
    );
    await storeKeys(
      context,
      rotations.map(({ minted }) => minted),
      receiptId,
    );
    context.changed(rotations.map(changeOf));
    if (rotations.length > 0) context.keysChanged(null);
    return {
      rotations,
      failures: [...absent, ...failures],
      receiptId,
      next: keys.length < ROTATED_KEYS ? null : { after: keys.at(-1)?.key.id ?? before, before },
    };
  },
});

const changeOf = ({ replacedId, minted: { key } }: Rotation) => ({
  ...(key.podId !== null && { podId: key.podId }),
  inboxId: key.inboxId,
  target: replacedId,
});

async function unsuspended({ tx, scope }: Context, keys: readonly RotatedKey[]): Promise<RotatedKey[]> {
  const pods = [...new Set(keys.flatMap(({ key }) => key.podId ?? []))];
  const suspended = await findSuspendedPods(tx, scope, pods);
  return keys.filter(({ key }) => key.podId !== null && !suspended.has(key.podId));
}

async function absentTenants(
  { tx, scope }: Context,
  tenants: readonly string[] | null,
): Promise<RotationFailure[]> {
  if (tenants === null) return [];
  const failure = fail("pod.not_found", { message: "Pod not found" });
  return (await findAbsentTenants(tx, scope, tenants)).map((tenant) => ({ tenant, key: null, failure }));
}

async function rotateAll(
  context: Context,
  keys: readonly RotatedKey[],
  overlapSeconds: number,
): Promise<Pick<Rotated, "rotations" | "failures">> {
  const wanted = keys.map(({ key }): Placed<ApiKeyPlan> => {
    const { name, permissions, expiresAt } = key;
    return { scope: scopeOf(context.scope, key), plan: { name, permissions, expiresAt } };
  });
  const mint = await mintsFor(context, wanted);
  const rotations: Rotation[] = [];
  const failures: RotationFailure[] = [];
  for (const [index, { key, tenant, isConfirmed }] of keys.entries()) {
    const one = wanted[index];
    if (one === undefined) throw new Error("a key without its plan");
    const outcome = mint(one);
    if (outcome.kind === "failed") failures.push({ tenant, key, failure: outcome.failure });
    else
      rotations.push({
        tenant,
        minted: outcome.thing,
        replacedId: key.id,
        replacedExpiresAt: isConfirmed ? endOf(key, context.now, overlapSeconds) : null,
      });
  }
  return { rotations, failures };
}

function scopeOf(scope: Scope, { podId, inboxId }: ApiKey): Scope {
  if (podId === null) throw new Error("a key of the organization is not rotated with others");
  return inboxId === null ? scope.narrowToPod(podId) : scope.narrowToInbox(podId, inboxId);
}

/** It lives no longer than it would have. */
function endOf({ expiresAt }: ApiKey, now: Date, overlapSeconds: number): Date {
  const end = new Date(now.getTime() + overlapSeconds * 1000);
  return expiresAt !== null && expiresAt < end ? expiresAt : end;
}

/** What a key that was replaced is called: a name finds one key, and a list tells the two apart. */
const retiredName = (name: string, now: Date): string => {
  const mark = ` (replaced ${now.toISOString().slice(0, 19)}Z)`;
  return name.slice(0, MAX_NAME_LENGTH - mark.length) + mark;
};
