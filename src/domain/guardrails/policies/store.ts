/** SQL of policies. */
import { type Selectable, sql } from "kysely";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { Tables } from "../../../storage/tables.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import {
  limitNames,
  type MailLimits,
  plainSpamDetection,
  type SpamDetection,
} from "../../door/mail-limits.ts";
import { effectiveLimits } from "./effective.ts";
import { MAX_POLICIES } from "./limits.ts";
import type { Policy, PolicyOptions, SetLimits } from "./policy.ts";

type PolicyRow = Selectable<Tables["policies"]>;

/** @param maxima the installation's */
function policyOf(row: PolicyRow, maxima: MailLimits): Policy {
  const set = setLimitsOf(row.limits);
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    set,
    limits: effectiveLimits(set, maxima),
    // Casts: what checkFields let through was stored.
    options: row.options as PolicyOptions,
    spamDetection: { ...plainSpamDetection, ...(row.spam_detection as Partial<SpamDetection>) },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function setLimitsOf(stored: unknown): SetLimits {
  // Casts: what checkFields let through was stored, by these names; one that is new to this version's rows is inherited.
  const given = stored as Partial<SetLimits>;
  const numbers = Object.fromEntries(limitNames.map((name) => [name, given[name] ?? null]));
  return { ...numbers, attachmentTypes: given.attachmentTypes ?? null } as SetLimits;
}

const rowOf = (policy: Policy) => ({
  name: policy.name,
  limits: policy.set,
  options: policy.options,
  spam_detection: policy.spamDetection,
  updated_at: policy.updatedAt,
});

export async function insertPolicies(tx: Tx, scope: Scope, policies: readonly Policy[]): Promise<void> {
  if (policies.length === 0) return;
  const rows = policies.map((policy) => ({
    ...rowOf(policy),
    id: policy.id,
    organization_id: policy.organizationId,
    created_at: policy.createdAt,
  }));
  await insertion("policies", rows).execute(tx.within(scope));
}

const policiesOf = (tx: Tx, scope: Scope) =>
  tx.within(scope).selectFrom("policies").where("organization_id", "=", scope.organizationId);

export async function countPolicies(tx: Tx, scope: Scope): Promise<number> {
  const row = await policiesOf(tx, scope)
    .select(sql<number>`count(*)::int`.as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Fetches one row more than the page, so that the caller knows whether there is another. */
export async function selectPolicies(
  tx: Tx,
  scope: Scope,
  page: PageRequest,
  maxima: MailLimits,
): Promise<Policy[]> {
  const query = policiesOf(tx, scope).selectAll();
  const rows = await keyset(query, ["created_at", "id"], page).execute();
  return rows.map((row) => policyOf(row, maxima));
}

/** By their ids, in no order; those that are no UUID of a policy of the organization are left out. */
export async function findPolicies(
  tx: Tx,
  scope: Scope,
  ids: readonly string[],
  maxima: MailLimits,
): Promise<Policy[]> {
  const rows = await policiesOf(tx, scope).where("id", "=", anyOf(ids)).selectAll().execute();
  return rows.map((row) => policyOf(row, maxima));
}

/** Ids of the organization's policies with these names, oldest first. A name need not be unique. */
export async function findPoliciesNamed(
  tx: Tx,
  scope: Scope,
  names: readonly string[],
): Promise<{ readonly id: string; readonly name: string }[]> {
  if (names.length === 0) return [];
  return policiesOf(tx, scope)
    .where("name", "=", anyOf(names))
    .select(["id", "name"])
    .orderBy("created_at")
    .orderBy("id")
    .execute();
}

/** All of the organization, of which there are MAX_POLICIES at most. */
export async function listAllPolicies(tx: Tx, scope: Scope, maxima: MailLimits): Promise<Policy[]> {
  const rows = await policiesOf(tx, scope).selectAll().limit(MAX_POLICIES).execute();
  return rows.map((row) => policyOf(row, maxima));
}

/** Keeps it from being changed, deleted and attached until this transaction ends. */
export async function lockPolicy(
  tx: Tx,
  scope: Scope,
  id: string,
  maxima: MailLimits,
): Promise<Policy | null> {
  const row = await policiesOf(tx, scope).where("id", "=", id).selectAll().forUpdate().executeTakeFirst();
  return row === undefined ? null : policyOf(row, maxima);
}

/** The policy that is attached to a pod of the scope; see rookery_policy_of in migrations/0021_policies.sql. */
export async function findAttachedPolicy(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  maxima: MailLimits,
): Promise<Policy | null> {
  const { rows } = await sql<PolicyRow>`select * from rookery_policy_of(${podId}::uuid)`.execute(
    tx.within(scope),
  );
  return rows[0] === undefined ? null : policyOf(rows[0], maxima);
}

/** One of the organization, also in a transaction about one of its pods; see rookery_policy_named in migrations/0021_policies.sql. */
export async function findPolicyNamed(
  tx: Tx,
  scope: Scope,
  id: string,
  maxima: MailLimits,
): Promise<Policy | null> {
  const { rows } = await sql<PolicyRow>`select * from rookery_policy_named(${id}::uuid)`.execute(
    tx.within(scope),
  );
  return rows[0] === undefined ? null : policyOf(rows[0], maxima);
}

/** A policy by its id, whatever its organization: for those who found it attached. */
export async function findAnyPolicy(
  tx: Tx,
  scope: AnyScope,
  id: string,
  maxima: MailLimits,
): Promise<Policy | null> {
  const row = await tx
    .within(scope)
    .selectFrom("policies")
    .where("id", "=", id)
    .selectAll()
    .executeTakeFirst();
  return row === undefined ? null : policyOf(row, maxima);
}

/** The limits of pods, whatever their organizations; of one without a policy the maxima. */
export async function findLimitsOfPods(
  tx: Tx,
  scope: AnyScope,
  podIds: readonly string[],
  maxima: MailLimits,
): Promise<Map<string, MailLimits>> {
  const rows = await tx
    .within(scope)
    .selectFrom("pods")
    .innerJoin("policies", "policies.id", "pods.policy_id")
    .where("pods.id", "=", anyOf(podIds))
    .select("pods.id as of_pod")
    .selectAll("policies")
    .execute();
  const limited = new Map(rows.map((row) => [row.of_pod, policyOf(row, maxima).limits]));
  return new Map(podIds.map((id) => [id, limited.get(id) ?? maxima]));
}

export async function savePolicy(tx: Tx, scope: Scope, policy: Policy): Promise<void> {
  const { limits, options, spam_detection, ...row } = rowOf(policy);
  await tx
    .within(scope)
    .updateTable("policies")
    .set({
      ...row,
      limits: JSON.stringify(limits),
      options: JSON.stringify(options),
      spam_detection: JSON.stringify(spam_detection),
    })
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", policy.id)
    .execute();
}

/** Up to `limit` pods that the policy is attached to, the oldest first. */
export async function findPodsWith(
  tx: Tx,
  scope: Scope,
  id: string,
  limit: number,
): Promise<{ readonly id: string; readonly name: string }[]> {
  return tx
    .within(scope)
    .selectFrom("pods")
    .where("organization_id", "=", scope.organizationId)
    .where("policy_id", "=", id)
    .select(["id", "name"])
    .orderBy("created_at")
    .orderBy("id")
    .limit(limit)
    .execute();
}

export async function deletePolicyRow(tx: Tx, scope: Scope, id: string): Promise<void> {
  await tx
    .within(scope)
    .deleteFrom("policies")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .execute();
}

/** Folders that policies have in every inbox, by the policy's id. */
export async function findPolicyFolders(
  tx: Tx,
  scope: AnyScope,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (ids.length === 0) return new Map();
  const podId = scope.rows.system ? null : scope.rows.podId;
  // A request about a pod reads the policy that is attached to it.
  const source = podId === null ? sql`policies` : sql`rookery_policy_of(${podId}::uuid)`;
  const { rows } = await sql<{ id: string; options: unknown }>`
    select id, options from ${source} where id = ${anyOf(ids)}`.execute(tx.within(scope));
  // Cast: what checkFields let through was stored.
  return new Map(rows.map(({ id, options }) => [id, (options as PolicyOptions).additionalFolders ?? []]));
}
