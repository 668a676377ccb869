/** Making keys: the rules and the statements, for one as for a thousand. */
import { sha256 } from "../../../lib/hash.ts";
import { isHeaderSafe } from "../../../protocols/address/index.ts";
import type { PermissionSet, Scope, ScopeLevel } from "../../door/access/index.ts";
import { failed, made, type Outcome, type Placed, thingsMade } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { attempt, Failure, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import { findInboxAddresses } from "../inboxes/index.ts";
import type { ApiKey } from "./api-key.ts";
import { checkExpiry } from "./expiry.ts";
import { checkPermissionNames, checkRights } from "./rights.ts";
import { insertApiKeys } from "./store.ts";

export interface CreateApiKey {
  readonly name?: string;
  /** Null or absent: everything the scope allows. */
  readonly permissions?: PermissionSet | null;
  /** When it dies by itself: in the future, and not after the key that makes it. Absent: when that one does. */
  readonly expiresAt?: Date;
}

export interface ApiKeyPlan {
  readonly name: string;
  readonly permissions: PermissionSet | null;
  /** Null: as the key that makes it. */
  readonly expiresAt: Date | null;
}

/** A key with its secret, which is stored nowhere; empty of a public key, which has none. */
export interface MintedKey {
  readonly key: ApiKey;
  readonly secret: string;
}

/** Bytes of a secret: 256 random bits need no slow hash. */
const SECRET_BYTES = 32;
/** Hex digits of the secret that stay readable in lists: 24 of 256 bits. */
const SHOWN_CHARACTERS = 6;
/** Characters of a token for each one that stays readable: tokens chosen by an operator may be short. */
const HIDDEN_SHARE = 8;

const prefixes: Readonly<Record<ScopeLevel, string>> = {
  organization: "am_us_",
  pod: "am_us_pod_",
  inbox: "am_us_inbox_",
};

/** @throws Failure input.invalid for a name that is empty, too long, or would break a line where it is printed. */
export function checkKeyName(name: string): string {
  if (name === "" || name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
    throw invalid(
      ["name"],
      says`${field("name")} must have 1 to ${MAX_NAME_LENGTH} characters and no control characters`,
    );
  return name;
}

/** What follows from the input alone. @throws Failure input.invalid */
export function planApiKey({ name = "API Key", permissions = null, expiresAt }: CreateApiKey): ApiKeyPlan {
  return {
    name: checkKeyName(name),
    permissions: checkPermissionNames(permissions),
    expiresAt: expiresAt ?? null,
  };
}

const minted = /^(am_us_(?:pod_|inbox_)?)[0-9a-f]{64}$/;

/** How a secret is shown in lists: its scope prefix and a few characters more. */
export function shownPrefix(secret: string): string {
  const prefix = minted.exec(secret)?.[1];
  return secret.slice(
    0,
    prefix === undefined ? Math.floor(secret.length / HIDDEN_SHARE) : prefix.length + SHOWN_CHARACTERS,
  );
}

/** Makes keys, each to its scope. @returns an outcome for each of `wanted` */
export async function makeApiKeys(
  context: Context,
  wanted: readonly Placed<ApiKeyPlan>[],
): Promise<Outcome<MintedKey>[]> {
  const outcomes = wanted.map(await mintsFor(context, wanted));
  await storeKeys(context, thingsMade(outcomes));
  return outcomes;
}

/**
 * Looks up what minting any of `wanted` takes.
 * @returns what mints a key that is not stored yet; Failure input.invalid, permission.escalation, permission.unrestricted_required
 */
export async function mintsFor(
  context: Context,
  wanted: readonly Placed<ApiKeyPlan>[],
): Promise<(one: Placed<ApiKeyPlan>) => Outcome<MintedKey>> {
  const { tx, scope, actor, now } = context;
  const inboxIds = wanted.flatMap((one) => one.scope.inboxId ?? []);
  const addresses = await findInboxAddresses(tx, scope, inboxIds);
  return ({ scope: own, plan }) => {
    const refusal = attempt(() => {
      checkRights(actor, own.level, plan.permissions);
      checkExpiry(actor, plan.expiresAt, now);
    });
    if (refusal instanceof Failure) return failed(refusal);
    return made(mint(context, own, addresses.get(own.inboxId ?? "") ?? null, plan));
  };
}

/** Stores keys just minted; of their secrets only the hashes. @param receiptId as insertApiKeys */
export async function storeKeys(
  { tx, scope }: Context,
  minted: readonly MintedKey[],
  receiptId: string | null = null,
): Promise<void> {
  const hashed = minted.map(({ key, secret }) => ({ key, secretSha256: sha256(secret) }));
  const inserted = await insertApiKeys(tx, scope, hashed, receiptId);
  if (inserted < minted.length) throw new Error("256 random bits came twice");
}

function mint(
  { random, newId, now, actor }: Context,
  scope: Scope,
  inboxAddress: string | null,
  plan: ApiKeyPlan,
): MintedKey {
  const secret = prefixes[scope.level] + Buffer.from(random(SECRET_BYTES)).toString("hex");
  const { organizationId, podId, inboxId } = scope;
  const key = {
    id: newId(),
    organizationId,
    podId,
    inboxId,
    inboxAddress,
    ...plan,
    prefix: shownPrefix(secret),
    createdAt: now,
    updatedAt: now,
    usedAt: null,
    ...{ publicKey: null, clientId: null, createdByKeyId: null },
    expiresAt: plan.expiresAt ?? actor.expiresAt,
  };
  return { key, secret };
}
