/** SQL of client_ids: the rows that make creates idempotent. */
import { sql } from "kysely";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";

/** What makes a name unique. */
export interface ClaimKey {
  /** Id of the inbox, pod or organization inside which the name is unique. */
  readonly ownerId: string;
  /** What is made for the organization as a whole is a kind of its own: the owner has the id of the Default Pod. */
  readonly kind:
    | "pod"
    | "inbox"
    | "domain"
    | "webhook"
    | "public_key"
    | "draft"
    | "organization_domain"
    | "organization_webhook"
    | "organization_public_key";
  readonly clientId: string;
}

export interface Claim extends ClaimKey {
  /** The claim goes with this pod and this inbox. */
  readonly podId: string | null;
  readonly inboxId: string | null;
  /** Id of the thing that is about to be made. */
  readonly resourceId: string;
}

/** A client_id has no spaces. */
export const keyOf = ({ ownerId, kind, clientId }: ClaimKey): string => `${ownerId} ${kind} ${clientId}`;

interface KeyRow {
  readonly home_id: string;
  readonly kind: ClaimKey["kind"];
  readonly client_id: string;
}

const keyOfRow = (row: KeyRow): string =>
  keyOf({ ownerId: row.home_id, kind: row.kind, clientId: row.client_id });

/**
 * Inserts the claims whose names are free, at least one claim and each name once; waits for concurrent claims of the same
 * names to be decided. @returns the keys of those inserted
 */
export async function insertClaims(
  tx: Tx,
  scope: AnyScope,
  organizationId: string,
  claims: readonly Claim[],
): Promise<ReadonlySet<string>> {
  const rows = claims.map((claim) => ({
    home_id: claim.ownerId,
    kind: claim.kind,
    client_id: claim.clientId,
    organization_id: organizationId,
    pod_id: claim.podId,
    inbox_id: claim.inboxId,
    resource_id: claim.resourceId,
  }));
  const free = sql`on conflict (home_id, kind, client_id) do nothing returning home_id, kind, client_id`;
  const inserted = await insertion<KeyRow>("client_ids", rows, free).execute(tx.within(scope));
  return new Set(inserted.rows.map(keyOfRow));
}

/** What was made under names, by key. Those names stay locked until the transaction ends. */
export async function lockClaims(
  tx: Tx,
  scope: AnyScope,
  keys: readonly ClaimKey[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = keys.map(({ ownerId, kind, clientId }) => ({ home_id: ownerId, kind, client_id: clientId }));
  const { rows } = await sql<KeyRow & { readonly resource_id: string }>`
    select home_id, kind, client_id, c.resource_id
    from json_to_recordset(${JSON.stringify(wanted)}) as wanted (home_id uuid, kind text, client_id text)
    join client_ids c using (home_id, kind, client_id)
    order by home_id, kind, client_id
    for update of c`.execute(tx.within(scope));
  return new Map(rows.map((row) => [keyOfRow(row), row.resource_id]));
}

/** Frees the names of resources that are gone, or were never made. */
export async function deleteClaims(tx: Tx, scope: AnyScope, resourceIds: readonly string[]): Promise<void> {
  await tx.within(scope).deleteFrom("client_ids").where("resource_id", "=", anyOf(resourceIds)).execute();
}

/** Frees the name of a deleted resource. */
export const deleteClaim = (tx: Tx, scope: AnyScope, resourceId: string): Promise<void> =>
  deleteClaims(tx, scope, [resourceId]);
