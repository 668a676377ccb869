/** SQL of organization keys as operators see them, and of root keys: those that a start made. */
import type { NotNull } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";

/** A key that reaches a whole organization, as it may be shown: never with its secret. */
export interface OrganizationKey {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  /** How the secret begins. */
  readonly prefix: string;
  /** Made by a start, or named by the setting of one. */
  readonly isRoot: boolean;
  readonly createdAt: Date;
  readonly usedAt: Date | null;
  readonly expiresAt: Date | null;
}

export interface RootKey extends OrganizationKey {
  readonly secretSha256: Buffer;
}

const organizationKeys = (tx: Tx, scope: AnyScope) =>
  tx.within(scope).selectFrom("api_keys").where("pod_id", "is", null).orderBy("created_at", "desc");

const shownColumns = [
  "id",
  "organization_id as organizationId",
  "name",
  "prefix",
  "is_root as isRoot",
  "created_at as createdAt",
  "used_at as usedAt",
  "expires_at as expiresAt",
] as const;

/** @param most bound of the answer. @returns newest first */
export function findOrganizationKeys(tx: Tx, scope: AnyScope, most: number): Promise<OrganizationKey[]> {
  return organizationKeys(tx, scope).select(shownColumns).limit(most).execute();
}

/** @param most bound of the answer. @returns newest first */
export function findRootKeys(tx: Tx, scope: AnyScope, most: number): Promise<RootKey[]> {
  return organizationKeys(tx, scope)
    .where("is_root", "=", true)
    .where("secret_sha256", "is not", null)
    .select([...shownColumns, "secret_sha256 as secretSha256"])
    .$narrowType<{ secretSha256: NotNull }>()
    .limit(most)
    .execute();
}

/** Deletes organization keys; ids of other keys, and of none, are ignored. @returns what was deleted */
export function deleteOrganizationKeys(
  tx: Tx,
  scope: AnyScope,
  ids: readonly string[],
): Promise<OrganizationKey[]> {
  return tx
    .within(scope)
    .deleteFrom("api_keys")
    .where("id", "=", anyOf(ids))
    .where("pod_id", "is", null)
    .returning(shownColumns)
    .execute();
}

/** Makes a root key of the key with this secret. False when it is not one of a whole organization without restrictions. */
export async function markAsRoot(tx: Tx, scope: AnyScope, secretSha256: Buffer): Promise<boolean> {
  const row = await tx
    .within(scope)
    .updateTable("api_keys")
    .set({ is_root: true })
    .where("secret_sha256", "=", secretSha256)
    .where("pod_id", "is", null)
    .where("permissions", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}
