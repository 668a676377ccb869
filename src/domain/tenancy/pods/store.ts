/** SQL of pods. */
import { sql } from "kysely";
import { inTheirPod } from "../../../storage/by-key.ts";
import { anyOf, insertion, type Tx, uuidArray } from "../../../storage/db.ts";
import { type AnyScope, deleteOwned, type Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import type { Pod } from "./pod.ts";

const columns = [
  "id",
  "organization_id",
  "name",
  "client_id",
  "paused_at",
  "suspended_at",
  "delete_after",
  "policy_id",
  "rule_ids",
  "group_domain",
  "auto_group",
  "created_at",
  "updated_at",
] as const;

function podOf(row: {
  id: string;
  organization_id: string;
  name: string;
  client_id: string | null;
  paused_at: Date | null;
  suspended_at: Date | null;
  delete_after: Date | null;
  policy_id: string | null;
  rule_ids: string[];
  group_domain: string | null;
  auto_group: boolean;
  created_at: Date;
  updated_at: Date;
}): Pod {
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    clientId: row.client_id,
    pausedAt: row.paused_at,
    suspendedAt: row.suspended_at,
    deleteAfter: row.delete_after,
    policyId: row.policy_id,
    ruleIds: row.rule_ids,
    groupDomain: row.group_domain,
    autoGroup: row.auto_group,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export async function insertPods(tx: Tx, scope: AnyScope, pods: readonly Pod[]): Promise<void> {
  if (pods.length === 0) return;
  const rows = pods.map((pod) => ({
    id: pod.id,
    organization_id: pod.organizationId,
    name: pod.name,
    client_id: pod.clientId,
    policy_id: pod.policyId,
    rule_ids: pod.ruleIds,
    group_domain: pod.groupDomain,
    auto_group: pod.autoGroup,
    created_at: pod.createdAt,
    updated_at: pod.updatedAt,
  }));
  await insertion("pods", rows).execute(tx.within(scope));
}

/** Those that are not on their way to be deleted. */
const podsIn = (tx: Tx, scope: Scope) =>
  tx
    .within(scope)
    .selectFrom("pods")
    .where("organization_id", "=", scope.organizationId)
    .where("deleting_at", "is", null);

/** Those of the pods that the scope has, in no order. */
export async function findPods(tx: Tx, scope: Scope, ids: readonly string[]): Promise<Pod[]> {
  if (ids.length === 0) return [];
  const rows = await podsIn(tx, scope).where("id", "=", anyOf(ids)).select(columns).execute();
  return rows.map(podOf);
}

/** The pods that group inboxes of the domains (lower-case), by domain. */
export async function findGrouping(
  tx: Tx,
  scope: Scope,
  domains: readonly string[],
): Promise<ReadonlyMap<string, { readonly id: string; readonly autoGroup: boolean }>> {
  if (domains.length === 0) return new Map();
  const rows = await podsIn(tx, scope)
    .where("group_domain", "=", anyOf(domains))
    .select(["id", "group_domain", "auto_group"])
    .execute();
  return new Map(rows.map((row) => [row.group_domain ?? "", { id: row.id, autoGroup: row.auto_group }]));
}

/**
 * As findPods, in the order of their ids, and holds off others until this transaction ends: "change", other changes of the pods, while
 * their inboxes go on; "all": whatever is added to them as well.
 */
export async function lockPodRows(
  tx: Tx,
  scope: Scope,
  ids: readonly string[],
  against: "change" | "all" = "change",
): Promise<Pod[]> {
  if (ids.length === 0) return [];
  const query = podsIn(tx, scope)
    .where("id", "=", anyOf(ids))
    .where(inTheirPod("id", keysOf(ids)))
    .select(columns)
    .orderBy("id");
  const rows = await (against === "all" ? query.forUpdate() : query.forNoKeyUpdate()).execute();
  return rows.map(podOf);
}

const keysOf = (ids: readonly string[]) => ids.map((podId) => ({ podId }));

/** Writes what may change of pods that are locked. */
export async function updatePodRows(tx: Tx, scope: Scope, pods: readonly Pod[]): Promise<void> {
  if (pods.length === 0) return;
  const rows = pods.map((pod) => ({
    id: pod.id,
    name: pod.name,
    auto_group: pod.autoGroup,
    policy_id: pod.policyId,
    rule_ids: pod.ruleIds,
    updated_at: pod.updatedAt,
  }));
  const own = inTheirPod("p.id", keysOf(pods.map(({ id }) => id)));
  await sql`
    update pods as p set name = changed.name, auto_group = changed.auto_group, policy_id = changed.policy_id,
      rule_ids = changed.rule_ids, updated_at = changed.updated_at
    from json_populate_recordset(null::pods, ${JSON.stringify(rows)}) as changed
    where p.organization_id = ${scope.organizationId}::uuid and p.id = changed.id and ${own}`.execute(
    tx.within(scope),
  );
}

export async function findPod(tx: Tx, scope: Scope, id: string): Promise<Pod | null> {
  const [pod = null] = await findPods(tx, scope, [id]);
  return pod;
}

/** Fetches one row more than the page, so that the caller knows whether there is another. */
export async function listPods(tx: Tx, scope: Scope, page: PageRequest): Promise<Pod[]> {
  let query = podsIn(tx, scope);
  if (scope.podId !== null) query = query.where("id", "=", scope.podId);
  const listed = keyset(query.select(columns), ["created_at", "id"], page);
  return (await tx.inIndexOrder(() => listed.execute())).map(podOf);
}

/** What the pod still holds, or null; one that holds something may not be deleted (contract 7.4). */
export async function findPodContents(
  tx: Tx,
  scope: Scope,
  id: string,
): Promise<"inboxes" | "domains" | null> {
  const db = tx.within(scope);
  const inbox = await db
    .selectFrom("inboxes")
    .where("pod_id", "=", id)
    .select("id")
    .limit(1)
    .executeTakeFirst();
  if (inbox !== undefined) return "inboxes";
  const domain = await db
    .selectFrom("domains")
    .where("pod_id", "=", id)
    .select("id")
    .limit(1)
    .executeTakeFirst();
  return domain === undefined ? null : "domains";
}

/** What of its pod and its organization an inbox is judged by. */
export interface PodState {
  readonly id: string;
  readonly pausedAt: Date | null;
  readonly suspendedAt: Date | null;
  readonly organizationPausedAt: Date | null;
  readonly policyId: string | null;
  /** Of the guardrails in force: it is another one after each change of them. */
  readonly guardrailsVersion: string;
}

/** Those of the pods that the scope has, in no order. */
export async function findPodStates(tx: Tx, scope: Scope, ids: readonly string[]): Promise<PodState[]> {
  const { rows } = await sql<PodState>`
    select p.id, p.paused_at as "pausedAt", p.suspended_at as "suspendedAt", o.paused_at as "organizationPausedAt",
      p.policy_id as "policyId", o.guardrails_version || '.' || p.guardrails_version as "guardrailsVersion"
    from pods as p join organizations as o on o.id = p.organization_id
    where p.organization_id = ${scope.organizationId} and p.id = any (${uuidArray(ids)})`.execute(
    tx.within(scope),
  );
  return rows;
}

/** Ids of the pods that are paused or suspended, at most `most`. */
export async function findStoppedPods(tx: Tx, scope: Scope, most: number): Promise<string[]> {
  let query = tx
    .within(scope)
    .selectFrom("pods")
    .where("organization_id", "=", scope.organizationId)
    .where((row) => row.or([row("paused_at", "is not", null), row("suspended_at", "is not", null)]));
  if (scope.podId !== null) query = query.where("id", "=", scope.podId);
  return (await query.select("id").limit(most).execute()).map(({ id }) => id);
}

/** Null resumes it. One that is paused already keeps the time when it was. */
export async function setPodPaused(
  tx: Tx,
  scope: Scope,
  id: string,
  at: Date | null,
  now: Date,
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("pods")
    .set(({ fn, ref }) => ({
      paused_at: at === null ? null : fn.coalesce(ref("paused_at"), sql<Date>`${at}::timestamptz`),
      updated_at: now,
    }))
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .execute();
}

/** Deletes the pod with its keys, webhooks, events and blobs. */
export async function deletePodRow(tx: Tx, scope: Scope, id: string): Promise<void> {
  const deleted = tx
    .within(scope)
    .deleteFrom("pods")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .execute();
  await Promise.all([deleted, deleteOwned(tx, scope, { podId: id, inboxId: null })]);
}

/** Holds off concurrent inserts into the pod until this transaction ends. */
export async function lockPod(tx: Tx, scope: Scope, id: string): Promise<void> {
  await tx.within(scope).selectFrom("pods").where("id", "=", id).select("id").forUpdate().execute();
}
