/**
 * The root key: the organization key that a start makes or a setting gives. There is one. A setting replaces the one before;
 * a file never does; and where the database has one that this process does not hold, none is made beside it
 * (docs/decisions/0009-installation-secrets.md).
 */
import { sha256 } from "../../../lib/hash.ts";
import type { Tx } from "../../../storage/db.ts";
import { insertAudit, KEY_CHANNEL, type SystemScope } from "../../door/access/index.ts";
import {
  deleteOrganizationKeys,
  findRootKeys,
  insertApiKeys,
  markAsRoot,
  type OrganizationKey,
  type RootKey,
  shownPrefix,
} from "../../tenancy/api-keys/index.ts";
import type { SecretSource } from "./secret-source.ts";
import { type InstallationRow, updateInstallation } from "./store.ts";

export interface RootKeySource extends SecretSource {
  /** True for an operator's setting, which replaces the root key before; false for a file. */
  readonly replaces: boolean;
}

/** Root keys looked at: there is one, but for those that starts without their data directory made before they were counted. */
export const MAX_ROOT_KEYS = 100;

/** What the key that a process holds is to the database. */
export type RootKeyState =
  /** There is no live root key, and none was given. */
  | { readonly is: "none" }
  | { readonly is: "in force"; readonly key: RootKey; readonly others: readonly RootKey[] }
  /** It was the root key, and was revoked. */
  | { readonly is: "revoked" }
  /** None was given, and there is one. */
  | { readonly is: "elsewhere"; readonly live: readonly RootKey[] }
  /** Another was given than the one there is. */
  | { readonly is: "another"; readonly live: readonly RootKey[] };

export async function examineRootKey(
  tx: Tx,
  scope: SystemScope,
  { rootKeySha256 }: InstallationRow,
  given: string | null,
): Promise<RootKeyState> {
  const live = await findRootKeys(tx, scope, MAX_ROOT_KEYS);
  if (given === null) return live.length === 0 ? { is: "none" } : { is: "elsewhere", live };
  const hash = sha256(given);
  const key = live.find(({ secretSha256 }) => secretSha256.equals(hash));
  if (key !== undefined) return { is: "in force", key, others: live.filter((one) => one !== key) };
  if (rootKeySha256?.equals(hash) === true) return { is: "revoked" };
  return { is: "another", live };
}

export interface AdmittedRootKey {
  /** Null: this process holds none that is in force. */
  readonly secret: string | null;
  /** Made by this start. */
  readonly isNew: boolean;
  readonly state: RootKeyState;
}

export interface Admission {
  readonly organizationId: string;
  readonly newId: () => string;
  readonly now: Date;
}

/** Lets the root key in, or says why not: a file that holds another than the database, a setting that names a narrower key. */
export async function admitRootKey(
  tx: Tx,
  scope: SystemScope,
  installation: InstallationRow,
  source: RootKeySource,
  admission: Admission,
): Promise<
  AdmittedRootKey | { readonly refused: "another" | "narrow"; readonly live: readonly OrganizationKey[] }
> {
  const given = await source.read();
  const state = await examineRootKey(tx, scope, installation, given);
  if (state.is === "elsewhere" || state.is === "revoked") return { secret: null, isNew: false, state };
  if (state.is === "another" && state.live.length > 0 && !source.replaces)
    return { refused: "another", live: state.live };
  const { secret, made } = given === null ? await source.make() : { secret: given, made: false };
  if (state.is !== "in force" && !(await insertRootKey(tx, scope, secret, admission)))
    return { refused: "narrow", live: [] };
  if (state.is === "another") await revokeOrganizationKeys(tx, scope, state.live, "start", admission);
  const rootKeySha256 = sha256(secret);
  if (installation.rootKeySha256?.equals(rootKeySha256) !== true)
    await updateInstallation(tx, scope, { rootKeySha256 });
  return { secret, isNew: made, state };
}

/** False when the secret is that of a key that reaches less than an organization. */
async function insertRootKey(
  tx: Tx,
  scope: SystemScope,
  secret: string,
  { organizationId, newId, now }: Admission,
): Promise<boolean> {
  const hash = sha256(secret);
  const key = {
    id: newId(),
    organizationId,
    podId: null,
    inboxId: null,
    inboxAddress: null,
    name: "Root key",
    prefix: shownPrefix(secret),
    permissions: null,
    createdAt: now,
    updatedAt: now,
    ...{ publicKey: null, clientId: null, createdByKeyId: null },
    usedAt: null,
    expiresAt: null,
  };
  await insertApiKeys(tx, scope, [{ key, secretSha256: hash }]);
  return markAsRoot(tx, scope, hash);
}

/** Deletes organization keys; running processes forget them. @param actor for the audit. @returns those that there were */
export async function revokeOrganizationKeys(
  tx: Tx,
  scope: SystemScope,
  keys: readonly { readonly id: string }[],
  actor: string,
  { newId, now }: Pick<Admission, "newId" | "now">,
): Promise<OrganizationKey[]> {
  const ids = keys.map(({ id }) => id);
  const revoked = await deleteOrganizationKeys(tx, scope, ids);
  const rows = revoked.map(({ id, organizationId }) => ({
    id: newId(),
    organizationId,
    podId: organizationId,
    inboxId: null,
    actor,
    keyId: null,
    operation: "api_key.delete",
    target: id,
    at: now,
  }));
  if (rows.length > 0) await insertAudit(tx, scope, rows);
  for (const { id } of revoked) await tx.notify(KEY_CHANNEL, id);
  return revoked;
}
