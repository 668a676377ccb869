/** SQL that reads what is there of many tenants, in a number of statements that does not grow with them. */
import { sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { readFlags } from "../../door/flags.ts";
import { isUnconfirmed, unconfirmedWebhooks } from "../../tenancy/api-keys/rows.ts";
import { columns as inboxColumns, inboxOf } from "../../tenancy/inboxes/rows.ts";
import { MAX_FLEET_EXTRAS, MAX_FLEET_KEYS } from "../limits.ts";
import type { FleetMark, LiveInbox, LiveKey, LivePod, LiveTenant, LiveWebhook } from "./live.ts";

/** What there is in pods that have a client_id, in the order of their making. */
export async function findTenantsOfPods(
  tx: Tx,
  scope: Scope,
  podIds: readonly string[],
  now: Date,
): Promise<LiveTenant[]> {
  if (podIds.length === 0) return [];
  const [pods, inboxes, keys, webhooks] = await Promise.all([
    tx
      .within(scope)
      .selectFrom("pods")
      .where("organization_id", "=", scope.organizationId)
      .where("id", "=", anyOf(podIds))
      .where("client_id", "is not", null)
      .select(["id", "client_id", "name", "policy_id", "rule_ids", "suspended_at", "delete_after"])
      .orderBy("created_at")
      .orderBy("id")
      .execute(),
    findLiveInboxes(tx, scope, podIds, [], MAX_FLEET_KEYS),
    findLiveKeys(tx, scope, podIds, null, now),
    findLiveWebhooks(tx, scope, podIds, [], MAX_FLEET_KEYS),
  ]);
  return pods.map((pod) => ({
    pod: {
      id: pod.id,
      slug: pod.client_id ?? "",
      name: pod.name,
      policyId: pod.policy_id,
      ruleIds: pod.rule_ids,
      suspendedAt: pod.suspended_at,
      deleteAfter: pod.delete_after,
    },
    inboxes: inboxes.filter(({ podId }) => podId === pod.id),
    keys: keys.filter(({ podId }) => podId === pod.id),
    webhooks: webhooks.filter(({ podId }) => podId === pod.id),
  }));
}

/** Pods by the client_ids that they were made with. */
export async function findPodsBySlug(tx: Tx, scope: Scope, slugs: readonly string[]): Promise<LivePod[]> {
  if (slugs.length === 0) return [];
  return tx
    .within(scope)
    .selectFrom("client_ids")
    .innerJoin("pods", "pods.id", "client_ids.resource_id")
    .where("client_ids.home_id", "=", scope.organizationId)
    .where("client_ids.kind", "=", "pod")
    .where("client_ids.client_id", "=", anyOf(slugs))
    .where("pods.organization_id", "=", scope.organizationId)
    .where("pods.deleting_at", "is", null)
    .select([
      "pods.id",
      "client_ids.client_id as slug",
      "pods.name",
      "pods.policy_id as policyId",
      "pods.rule_ids as ruleIds",
      "pods.suspended_at as suspendedAt",
      "pods.delete_after as deleteAfter",
    ])
    .execute();
}

export async function findMarks(tx: Tx, scope: Scope, slugs: readonly string[]): Promise<FleetMark[]> {
  if (slugs.length === 0) return [];
  const rows = await tx
    .within(scope)
    .selectFrom("fleet_tenants")
    .where("organization_id", "=", scope.organizationId)
    .where("slug", "=", anyOf(slugs))
    .select(["slug", "tenant_pod_id", "objects", "applied_at"])
    .execute();
  return rows.map((row) => ({
    slug: row.slug,
    podId: row.tenant_pod_id,
    // Cast: saveMarks wrote it.
    objects: row.objects as FleetMark["objects"],
    appliedAt: row.applied_at,
  }));
}

/** Inboxes of these roles, and up to `extras` others. Not those whose place is held for one that is on its way. */
export async function findLiveInboxes(
  tx: Tx,
  scope: Scope,
  podIds: readonly string[],
  roles: readonly string[],
  extras: number = MAX_FLEET_EXTRAS,
): Promise<LiveInbox[]> {
  if (podIds.length === 0) return [];
  const inboxes = () =>
    tx
      .within(scope)
      .selectFrom("inboxes")
      .where("organization_id", "=", scope.organizationId)
      .where("pod_id", "=", anyOf(podIds))
      .where("moving_from", "is", null)
      .select(inboxColumns);
  const [wanted, extra] = await Promise.all([
    inboxes().where("client_id", "=", anyOf(roles)).execute(),
    inboxes()
      .where(sql<boolean>`(client_id is null or client_id <> all (${[...roles]}::text[]))`)
      .limit(extras)
      .execute(),
  ]);
  return [...wanted, ...extra].map((row) => {
    const { clientId, ...inbox } = inboxOf(row);
    return { ...inbox, role: clientId };
  });
}

/** Keys of these names (null: of any) to the pods and their inboxes, the oldest first. Those that have expired are not there any more. */
export async function findLiveKeys(
  tx: Tx,
  scope: Scope,
  podIds: readonly string[],
  names: readonly string[] | null,
  now: Date,
): Promise<LiveKey[]> {
  if (podIds.length === 0 || names?.length === 0) return [];
  let query = tx
    .within(scope)
    .selectFrom("api_keys")
    .where("organization_id", "=", scope.organizationId)
    // A document describes keys that let somebody in.
    .where("public_key", "is", null)
    .where("pod_id", "=", anyOf(podIds));
  if (names !== null) query = query.where("name", "=", anyOf(names));
  const rows = await query
    .where((is) => is.or([is("expires_at", "is", null), is("expires_at", ">", now)]))
    .select([
      "id",
      "pod_id",
      "inbox_id",
      "name",
      "permissions",
      isUnconfirmed(scope, "api_keys").as("unconfirmed"),
    ])
    .orderBy("created_at")
    .orderBy("id")
    .limit(MAX_FLEET_KEYS)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    podId: row.pod_id ?? scope.organizationId,
    inboxId: row.inbox_id,
    name: row.name,
    permissions: readFlags(row.permissions),
    isUnconfirmed: row.unconfirmed,
  }));
}

/** Webhooks of the pods: all of these names, and up to `extras` others. */
export async function findLiveWebhooks(
  tx: Tx,
  scope: Scope,
  podIds: readonly string[],
  names: readonly string[],
  extras: number = MAX_FLEET_EXTRAS,
): Promise<LiveWebhook[]> {
  if (podIds.length === 0) return [];
  const webhooks = () =>
    tx
      .within(scope)
      .selectFrom("webhooks")
      .where("organization_id", "=", scope.organizationId)
      .where("pod_id", "=", anyOf(podIds))
      .select(["id", "pod_id", "inbox_id", "client_id", "url", "event_types", "enabled"])
      .select(sql<boolean>`id in ${unconfirmedWebhooks(scope)}`.as("unconfirmed"));
  const [wanted, extra] = await Promise.all([
    webhooks().where("client_id", "=", anyOf(names)).execute(),
    webhooks()
      .where(sql<boolean>`(client_id is null or client_id <> all (${[...names]}::text[]))`)
      .limit(extras)
      .execute(),
  ]);
  return [...wanted, ...extra].map((row) => ({
    id: row.id,
    podId: row.pod_id ?? scope.organizationId,
    inboxId: row.inbox_id,
    name: row.client_id,
    url: row.url,
    eventTypes: row.event_types,
    enabled: row.enabled,
    isUnconfirmed: row.unconfirmed,
  }));
}
