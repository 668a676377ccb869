/** SQL of access: the pod and inbox an operation is about, found inside the caller's scope. */
import { type RawBuilder, type SelectQueryBuilder, sql } from "kysely";
import { anyKey } from "../../../storage/by-key.ts";
import { anyOf, type Database, insertion, type Tx } from "../../../storage/db.ts";
import { isDanglingReference } from "../../../storage/errors.ts";
import type { Tables } from "../../../storage/tables.ts";
import type { AnyScope, Scope, SystemScope } from "./scope.ts";

export interface PodTarget {
  readonly id: string;
  readonly organizationId: string;
  readonly isSuspended: boolean;
}

export interface InboxTarget {
  readonly id: string;
  readonly podId: string;
  readonly organizationId: string;
  readonly address: string;
  readonly displayName: string | null;
  /** The widest that is paused of it, its pod and its organization; null: none, so that it sends and receives. */
  readonly pausedBy: "organization" | "pod" | "inbox" | null;
  /** Whether its pod is suspended: that it neither sends nor receives, and its keys are dead. */
  readonly isSuspended: boolean;
  /** Whether its organization is one that an agent made and that is not verified. */
  readonly isUnverified: boolean;
  readonly guardrails: AttachedGuardrails;
  /** True while it moves to another pod: then it is closed, for reading and for writing (docs/decisions/0029-moves.md). */
  readonly isMoving: boolean;
}

/** What the pod of an inbox has attached. */
export interface AttachedGuardrails {
  /** Another one after every change of what is attached, and of any policy or rule of the organization. */
  readonly version: string;
  readonly policyId: string | null;
  /** Whether a rule is. Which ones, `findAttachedRules` says: only to compile them that is needed. */
  readonly hasRules: boolean;
}

/** Ids of the rules that pods have attached, in the order they were, by the pod's id. */
export async function findAttachedRules(
  tx: Tx,
  scope: AnyScope,
  podIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (podIds.length === 0) return new Map();
  const rows = await tx
    .within(scope)
    .selectFrom("pods")
    .where("id", "=", anyOf(podIds))
    .select(["id", "rule_ids"])
    .execute();
  return new Map(rows.map((row) => [row.id, row.rule_ids]));
}

/** Those of the pods that are suspended. */
export async function findSuspendedPods(
  tx: Tx,
  scope: AnyScope,
  podIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (podIds.length === 0) return new Set();
  const rows = await tx
    .within(scope)
    .selectFrom("pods")
    .where("id", "=", anyOf(podIds))
    .where("suspended_at", "is not", null)
    .select("id")
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** The organization of a pod, or of an inbox in it; null when it is not there. */
export async function findOrganizationOf(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  inboxId: string | null,
): Promise<string | null> {
  const db = tx.within(scope);
  const pod = db.selectFrom("pods").where("id", "=", podId).select("organization_id");
  const inbox = db
    .selectFrom("inboxes")
    .where("pod_id", "=", podId)
    .where("id", "=", inboxId)
    .select("organization_id");
  const row = await (inboxId === null ? pod : inbox).executeTakeFirst();
  return row?.organization_id ?? null;
}

/**
 * Names a pod. `domain`: the one that groups inboxes of that domain. `groupsDomain`: the same, if it takes in new ones of itself.
 */
export type PodName =
  | { readonly id: string }
  | { readonly clientId: string }
  | { readonly domain: string }
  | { readonly groupsDomain: string };

/** A pod by one of its names; null when absent from the scope, or on its way to be deleted. */
export async function findPodTarget(tx: Tx, scope: Scope, by: PodName): Promise<PodTarget | null> {
  const query = tx
    .within(scope)
    .selectFrom("pods")
    .where("pods.organization_id", "=", scope.organizationId)
    .where("pods.deleting_at", "is", null)
    .select(["pods.id", "pods.organization_id", "pods.suspended_at"]);
  const row = await podNamed(query, scope, by).executeTakeFirst();
  return row === undefined
    ? null
    : { id: row.id, organizationId: row.organization_id, isSuspended: row.suspended_at !== null };
}

function podNamed<Row>(query: SelectQueryBuilder<Tables, "pods", Row>, scope: Scope, by: PodName) {
  if ("id" in by) return query.where("pods.id", "=", by.id);
  if ("domain" in by) return query.where("pods.group_domain", "=", by.domain);
  if ("groupsDomain" in by)
    return query.where("pods.group_domain", "=", by.groupsDomain).where("pods.auto_group", "=", true);
  return query
    .innerJoin("client_ids", "client_ids.resource_id", "pods.id")
    .where("client_ids.home_id", "=", scope.organizationId)
    .where("client_ids.kind", "=", "pod")
    .where("client_ids.client_id", "=", by.clientId);
}

/** What `inboxTarget` reads. */
interface TargetRow {
  readonly id: string;
  readonly pod_id: string;
  readonly organization_id: string;
  readonly address: string;
  readonly display_name: string | null;
  readonly paused_at: Date | null;
  readonly moving_to: string | null;
  readonly pod_paused_at: Date | null;
  readonly suspended_at: Date | null;
  readonly policy_id: string | null;
  readonly has_rules: boolean;
  readonly pod_version: number;
  readonly organization_paused_at: Date | null;
  readonly unverified_since: Date | null;
  readonly organization_version: number;
}

/** An inbox with the address that it was found by. */
export type AddressedRow = TargetRow & { readonly wanted: string };

/**
 * Reads inboxes by way of their addresses, as an inbox's own key begins with its pod; with what they are judged by. A text that is made once, up to
 * its WHERE: nearly every request and mail asks it, and to build it takes as long as to run it. Of rules it says whether there are any, not their ids:
 * a hundred cost 30 µs to write and 20 to read, for each of the messages that know their rules already.
 */
export const selectAddressed: RawBuilder<unknown> =
  sql.raw(`select inboxes.id, inboxes.pod_id, inboxes.organization_id, inboxes.address,
    inboxes.display_name, inboxes.paused_at, inboxes.moving_to, pods.paused_at as pod_paused_at, pods.suspended_at, pods.policy_id,
    pods.rule_ids <> '{}' as has_rules, pods.guardrails_version as pod_version, organizations.paused_at as organization_paused_at,
    organizations.unverified_since, organizations.guardrails_version as organization_version, addresses.address as wanted
  from addresses
    join inboxes on inboxes.pod_id = addresses.pod_id and inboxes.id = addresses.inbox_id
    join pods on pods.id = inboxes.pod_id
    join organizations on organizations.id = inboxes.organization_id`);

/** By their own addresses alone: an alias names no inbox to clients. */
const targetsWhere = async (
  tx: Tx,
  scope: AnyScope,
  condition: RawBuilder<unknown>,
): Promise<readonly AddressedRow[]> => {
  const statement = sql<AddressedRow>`${selectAddressed} where addresses.kind = 'inbox' and ${condition}`;
  return (await statement.execute(tx.within(scope))).rows;
};

/** An inbox by its lower-case address; null when absent from the scope. */
export async function findInboxTarget(tx: Tx, scope: AnyScope, address: string): Promise<InboxTarget | null> {
  return (await findInboxTargets(tx, scope, [address])).get(address) ?? null;
}

/** Inboxes by their lower-case addresses; those absent from the scope are left out. */
export async function findInboxTargets(
  tx: Tx,
  scope: AnyScope,
  addresses: readonly string[],
): Promise<Map<string, InboxTarget>> {
  const rows = await targetsWhere(tx, scope, sql`addresses.address = ${anyKey(addresses)}`);
  return new Map(rows.map((row) => [row.wanted, inboxTarget(row)]));
}

/** An inbox by its id; null when absent from the scope. @param podId null: any pod of the scope */
export async function findInboxTargetById(
  tx: Tx,
  scope: AnyScope,
  podId: string | null,
  inboxId: string,
): Promise<InboxTarget | null> {
  const inPod = podId === null ? sql`true` : sql`addresses.pod_id = ${podId}`;
  const [row] = await targetsWhere(tx, scope, sql`addresses.inbox_id = ${inboxId} and ${inPod}`);
  return row === undefined ? null : inboxTarget(row);
}

/**
 * An inbox by the client_id that it was created with; null when absent from the scope. Such a name is unique in a pod: of
 * one that inboxes of several pods have, none is meant.
 */
export async function findInboxTargetByClientId(
  tx: Tx,
  scope: Scope,
  clientId: string,
): Promise<InboxTarget | null> {
  let query = tx
    .within(scope)
    .selectFrom("client_ids")
    .where("organization_id", "=", scope.organizationId)
    .where("kind", "=", "inbox")
    .where("client_id", "=", clientId);
  if (scope.podId !== null) query = query.where("home_id", "=", scope.podId);
  const [first, second] = await query.select("resource_id").limit(2).execute();
  return first === undefined || second !== undefined
    ? null
    : findInboxTargetById(tx, scope, scope.podId, first.resource_id);
}

/** What an object belongs to: an inbox, a pod (inbox null), or the organization as a whole (both null). */
export interface Owner {
  readonly podId: string | null;
  readonly inboxId: string | null;
}

/** Whether the transaction makes the owner: it needs no lock, and has nothing but what the transaction gives it. */
export function isAddedHere(tx: Tx, { podId, inboxId }: Owner): boolean {
  const id = inboxId ?? podId;
  return id !== null && tx.hasAdded(id);
}

/**
 * Keeps owners from being deleted until this transaction ends; for what is added to a table that points at them without a
 * foreign key. @throws as a foreign key does, when one is gone
 */
export async function holdOwners(tx: Tx, scope: AnyScope, owners: readonly Owner[]): Promise<void> {
  const held = owners.filter((owner) => owner.podId !== null && !isAddedHere(tx, owner));
  if (held.length === 0) return;
  const rows = [...new Set(held.map(({ podId, inboxId }) => JSON.stringify({ pod: podId, inbox: inboxId })))];
  await sql`select rookery_hold_home(owner.pod, owner.inbox)
    from json_to_recordset(${`[${rows}]`}) as owner (pod uuid, inbox uuid)`.execute(tx.within(scope));
}

/** As holdOwners. */
export const holdOwner = (tx: Tx, scope: AnyScope, owner: Owner): Promise<void> =>
  holdOwners(tx, scope, [owner]);

/**
 * Has those who add to what is counted for the same owners take turns until the end of the transaction, and keeps the owners: what a
 * later statement counts stays so. One turn for a pod and its inboxes. @throws as holdOwners
 */
export async function lockOwners(tx: Tx, scope: Scope, owners: readonly Owner[]): Promise<void> {
  const pods = [...new Set(owners.map(({ podId }) => podId ?? scope.organizationId))].filter(
    (pod) => !tx.hasAdded(pod),
  );
  if (pods.length === 0) return;
  // In one order, so that two never wait for each other.
  const turns = sql`select rookery_take_turns(pod)
    from (select pod from unnest(${pods}::uuid[]) as pod order by pod) as ordered`.execute(tx.within(scope));
  await Promise.all([turns, holdOwners(tx, scope, owners)]);
}

/** Deletes the addresses, keys, client ids and webhooks of an owner, after its own row. See migrations/0008_distributed.sql. */
export async function deleteOwned(tx: Tx, scope: AnyScope, { podId, inboxId }: Owner): Promise<void> {
  await sql`select rookery_forget_home(${podId}::uuid, ${inboxId}::uuid)`.execute(tx.within(scope));
}

/** Does so for every owner that was deleted. @returns the number of those that had something left */
export async function sweepOwnedRows(tx: Tx, scope: SystemScope): Promise<number> {
  const { rows } = await sql<{ gone: number }>`select rookery_sweep_homes() as gone`.execute(
    tx.within(scope),
  );
  return rows[0]?.gone ?? 0;
}

/** True when `error` came of a write whose scope's own pod or inbox is not there any more; nor is, then, a key of that scope. */
export async function scopeWasDeleted(error: unknown, database: Database, scope: Scope): Promise<boolean> {
  const { podId, inboxId } = scope;
  if (podId === null || !isDanglingReference(error)) return false;
  const found = await database.transaction(
    scope,
    (tx): Promise<object | null> =>
      inboxId === null
        ? findPodTarget(tx, scope, { id: podId })
        : findInboxTargetById(tx, scope, podId, inboxId),
  );
  return found === null;
}

export function inboxTarget(row: TargetRow): InboxTarget {
  return {
    id: row.id,
    podId: row.pod_id,
    organizationId: row.organization_id,
    address: row.address,
    displayName: row.display_name,
    pausedBy: pausedBy(row),
    isSuspended: row.suspended_at !== null,
    isUnverified: row.unverified_since !== null,
    guardrails: {
      version: `${row.organization_version}.${row.pod_version}`,
      policyId: row.policy_id,
      hasRules: row.has_rules,
    },
    isMoving: row.moving_to !== null,
  };
}

function pausedBy(row: TargetRow): InboxTarget["pausedBy"] {
  if (row.organization_paused_at !== null) return "organization";
  if (row.pod_paused_at !== null) return "pod";
  return row.paused_at === null ? null : "inbox";
}

/**
 * Gives what is judged by guardrails another version, so that every process compiles them anew. @param podId whose attachments
 * changed; null: a policy or rule of the organization did
 */
export async function bumpGuardrails(tx: Tx, scope: Scope, podId: string | null): Promise<void> {
  if (podId === null) {
    await sql`select rookery_bump_guardrails()`.execute(tx.within(scope));
    return;
  }
  await tx
    .within(scope)
    .updateTable("pods")
    .set(({ eb }) => ({ guardrails_version: eb("guardrails_version", "+", 1) }))
    .where("id", "=", podId)
    .execute();
}

/** The same for what many pods have attached, in one statement. */
export async function bumpGuardrailsOf(tx: Tx, scope: Scope, podIds: readonly string[]): Promise<void> {
  if (podIds.length === 0) return;
  await tx
    .within(scope)
    .updateTable("pods")
    .set(({ eb }) => ({ guardrails_version: eb("guardrails_version", "+", 1) }))
    .where("id", "=", anyOf(podIds))
    .execute();
}

export interface AuditRow {
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string;
  readonly inboxId: string | null;
  readonly actor: string;
  readonly keyId: string | null;
  readonly operation: string;
  readonly target: string | null;
  readonly at: Date;
}

/** Rows of what an operation changed, at least one, in one statement. */
export async function insertAudit(tx: Tx, scope: AnyScope, rows: readonly AuditRow[]): Promise<void> {
  const values = rows.map((row) => ({
    pod_id: row.podId,
    id: row.id,
    organization_id: row.organizationId,
    inbox_id: row.inboxId,
    actor: row.actor,
    key_id: row.keyId,
    operation: row.operation,
    target: row.target,
    created_at: row.at,
  }));
  await insertion("audit", values).execute(tx.within(scope));
}

/** Events with their webhook deliveries and jobs; see rookery_emit in migrations/0004_isolation.sql. */
export async function insertEvents(tx: Tx, scope: AnyScope, events: readonly object[]): Promise<void> {
  if (events.length === 0) return;
  await sql`select rookery_emit(${JSON.stringify(events)})`.execute(tx.within(scope));
}
