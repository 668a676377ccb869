/** SQL of keys by their hash, before it is known who asks. */
import type { NotNull } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import { readFlags } from "../flags.ts";
import type { PermissionSet } from "./permissions.ts";
import type { AnyScope } from "./scope.ts";
import { findSuspendedPods } from "./store.ts";

export interface KeyRow {
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string | null;
  readonly inboxId: string | null;
  readonly permissions: PermissionSet | null;
  readonly expiresAt: Date | null;
  readonly usedAt: Date | null;
  /** Whether its organization is one that an agent made and that is not verified. */
  readonly isUnverified: boolean;
  /** Whether its pod is suspended. */
  readonly isSuspended: boolean;
}

/**
 * Keys by the SHA-256 of their token, in base64; those that do not exist are left out. One probe of the unique index each, and a look
 * at their pods: keys are on every node of a cluster, and pods are not, so that no one statement asks for both.
 */
export async function findKeysByHash(
  tx: Tx,
  scope: AnyScope,
  hashes: readonly string[],
): Promise<Map<string, KeyRow>> {
  const rows = await tx
    .within(scope)
    .selectFrom("api_keys")
    .innerJoin("organizations", "organizations.id", "api_keys.organization_id")
    .where("secret_sha256", "=", anyOf(hashes.map((hash) => Buffer.from(hash, "base64"))))
    .select(["api_keys.id", "organization_id", "pod_id", "inbox_id", "permissions", "expires_at", "used_at"])
    .select(["secret_sha256", "organizations.unverified_since"])
    // A hash equals no null.
    .$narrowType<{ secret_sha256: NotNull }>()
    .execute();
  const suspended = await findSuspendedPods(tx, scope, [
    ...new Set(rows.flatMap(({ pod_id }) => (pod_id === null ? [] : [pod_id]))),
  ]);
  return new Map(
    rows.map((row) => [
      row.secret_sha256.toString("base64"),
      { ...keyRow(row), isSuspended: row.pod_id !== null && suspended.has(row.pod_id) },
    ]),
  );
}

function keyRow(row: {
  id: string;
  organization_id: string;
  pod_id: string | null;
  inbox_id: string | null;
  permissions: unknown;
  expires_at: Date | null;
  used_at: Date | null;
  unverified_since: Date | null;
}): Omit<KeyRow, "isSuspended"> {
  return {
    id: row.id,
    organizationId: row.organization_id,
    podId: row.pod_id,
    inboxId: row.inbox_id,
    permissions: readFlags(row.permissions),
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    isUnverified: row.unverified_since !== null,
  };
}

/** Writes when a key was last used. */
export async function markKeyUsed(tx: Tx, scope: AnyScope, keyId: string, at: Date): Promise<void> {
  await tx.within(scope).updateTable("api_keys").set({ used_at: at }).where("id", "=", keyId).execute();
}
