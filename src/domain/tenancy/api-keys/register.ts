import type { PermissionSet } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { checkClientId, claimNames } from "../client-ids/index.ts";
import { findInboxAddresses } from "../inboxes/index.ts";
import type { ApiKey } from "./api-key.ts";
import { checkExpiry } from "./expiry.ts";
import { checkKeyName } from "./make.ts";
import { type PublicJwk, type PublicKey, publicKeyOf } from "./public-key.ts";
import { checkPermissionNames, checkRights } from "./rights.ts";
import { findKeys, insertApiKeys } from "./store.ts";

export interface RegisterPublicKey {
  readonly publicKey: PublicJwk;
  readonly clientId?: string;
  readonly name?: string;
  /** Absent or null: those of the key that registers it. */
  readonly permissions?: PermissionSet | null;
  readonly expiresAt?: Date;
}

export interface PublicKeyPlan {
  readonly publicKey: PublicKey;
  readonly clientId: string | null;
  readonly name: string;
  readonly permissions: PermissionSet | null;
  readonly expiresAt: Date | null;
}

/** Characters of the fingerprint in the name of a key that is given none. */
const NAMED_CHARACTERS = 8;

/** What follows from the input alone. @throws Failure input.invalid */
export function planPublicKey(input: RegisterPublicKey): PublicKeyPlan {
  const publicKey = publicKeyOf(input.publicKey);
  return {
    publicKey,
    clientId: checkClientId(input.clientId),
    name: checkKeyName(input.name ?? `AgentID key ${publicKey.fingerprint.slice(0, NAMED_CHARACTERS)}`),
    permissions: checkPermissionNames(input.permissions ?? null),
    expiresAt: input.expiresAt ?? null,
  };
}

/**
 * Registers a public key for the target, or finds the one that its client_id was registered with (contract 2.6).
 * @throws Failure object.conflict when that is another one; permission.escalation, permission.unrestricted_required
 */
export async function registerPublicKey(context: Context, plan: PublicKeyPlan): Promise<ApiKey> {
  const { tx, scope, actor, now } = context;
  const permissions = plan.permissions ?? actor.permissions;
  checkRights(actor, scope.level, permissions);
  checkExpiry(actor, plan.expiresAt, now);
  const { organizationId, podId, inboxId } = scope;
  const [candidate] = await claimNames(context, [{ scope, plan }], {
    claimOf: (_scope, clientId, id) => ({
      ownerId: inboxId ?? podId ?? organizationId,
      kind: podId === null ? ("organization_public_key" as const) : ("public_key" as const),
      ...{ clientId, podId, inboxId, resourceId: id },
    }),
    find: (ids) => findKeys(tx, scope, ids),
  });
  if (candidate === undefined) throw new Error("a batch of one came to nothing");
  if (candidate.existing !== null) return same(candidate.existing, plan);
  const addresses = await findInboxAddresses(tx, scope, inboxId === null ? [] : [inboxId]);
  const key: ApiKey = {
    id: candidate.id,
    ...{ organizationId, podId, inboxId, inboxAddress: addresses.get(inboxId ?? "") ?? null },
    ...{ name: plan.name, prefix: "", permissions, publicKey: plan.publicKey, clientId: plan.clientId },
    ...{ createdByKeyId: actor.keyId, createdAt: now, updatedAt: now, usedAt: null },
    expiresAt: plan.expiresAt ?? actor.expiresAt,
  };
  await insertApiKeys(tx, scope, [{ key, secretSha256: null }]);
  return key;
}

function same(existing: ApiKey, plan: PublicKeyPlan): ApiKey {
  if (existing.publicKey?.fingerprint === plan.publicKey.fingerprint) return existing;
  throw fail("object.conflict", {
    message: says`Another public key is registered under this ${field("clientId")}`,
    hint: says`Delete that one first, or give another ${field("clientId")}.`,
  });
}
