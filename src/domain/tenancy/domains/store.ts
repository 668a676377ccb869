/** SQL of domains. */
import { sql } from "kysely";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import { firstByName } from "../../door/batch.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import type { RecordCheck } from "./checks.ts";
import { type Domain, type DomainStatus, domainStatuses } from "./domain.ts";

const columns = [
  "id",
  "organization_id",
  "pod_id",
  "domain",
  "name",
  "status",
  "feedback_enabled",
  "subdomains_enabled",
  "tracking_enabled",
  "inbound_enabled",
  "checks",
  "checked_at",
  "next_check_at",
  "failed_checks",
  "failing_since",
  "trusted_at",
  "client_id",
  "created_at",
  "updated_at",
] as const;

interface DomainRow {
  readonly id: string;
  readonly organization_id: string;
  readonly pod_id: string | null;
  readonly domain: string;
  readonly name: string | null;
  readonly status: string;
  readonly feedback_enabled: boolean;
  readonly subdomains_enabled: boolean;
  readonly tracking_enabled: boolean;
  readonly inbound_enabled: boolean;
  readonly checks: unknown;
  readonly checked_at: Date | null;
  readonly next_check_at: Date | null;
  readonly failed_checks: number;
  readonly failing_since: Date | null;
  readonly trusted_at: Date | null;
  readonly client_id: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

function domainOf(row: DomainRow): Domain {
  return {
    id: row.id,
    organizationId: row.organization_id,
    podId: row.pod_id,
    domain: row.domain,
    name: row.name,
    status: readStatus(row.status),
    feedbackEnabled: row.feedback_enabled,
    subdomainsEnabled: row.subdomains_enabled,
    trackingEnabled: row.tracking_enabled,
    inboundEnabled: row.inbound_enabled,
    // Cast: only updateDomainRow writes them, in this form.
    checks: row.checks as readonly RecordCheck[],
    checkedAt: row.checked_at,
    nextCheckAt: row.next_check_at,
    failedChecks: row.failed_checks,
    failingSince: row.failing_since,
    trustedAt: row.trusted_at,
    clientId: row.client_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function readStatus(stored: string): DomainStatus {
  const status = domainStatuses.find((known) => known === stored);
  if (status === undefined) throw new Error(`unknown domain status ${stored}`);
  return status;
}

function domainsIn(tx: Tx, scope: Scope) {
  const query = tx
    .within(scope)
    .selectFrom("domains")
    .where("organization_id", "=", scope.organizationId)
    .select(columns);
  return scope.podId === null ? query : query.where("pod_id", "=", scope.podId);
}

/** Fetches one row more than the page, so that the caller knows whether there is another. */
export async function listDomains(tx: Tx, scope: Scope, page: PageRequest): Promise<Domain[]> {
  return (await keyset(domainsIn(tx, scope), ["created_at", "id"], page).execute()).map(domainOf);
}

/** Of several claims of a name within an organization: the one that is verified, else the organization's own, else the first. */
const byRank = sql`status = 'VERIFIED' desc, pod_id is null desc, created_at, id`;

/** Those of the names (lower-case) that are domains of the scope: of one name that whose claim ranks first comes first. */
export async function findDomains(tx: Tx, scope: Scope, names: readonly string[]): Promise<Domain[]> {
  if (names.length === 0) return [];
  const rows = await domainsIn(tx, scope).where("domain", "=", anyOf(names)).orderBy(byRank).execute();
  return rows.map(domainOf);
}

/** Those of the names that are verified, in this organization or another. */
export async function findVerifiedNames(
  tx: Tx,
  scope: Scope,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set();
  const { rows } = await sql<{ readonly domain: string }>`
    select domain from rookery_verified_domains(${[...names]}::text[])`.execute(tx.within(scope));
  return new Set(rows.map(({ domain }) => domain));
}

/** True when nobody else has the name verified; nobody gets it until this transaction ends. */
export async function isNameFree(tx: Tx, scope: Scope, { domain, id }: Domain): Promise<boolean> {
  const { rows } = await sql<{ readonly is_free: boolean }>`
    select rookery_domain_is_free(${domain}, ${id}::uuid) as is_free`.execute(tx.within(scope));
  return rows[0]?.is_free === true;
}

/** What is looked for: a name in lower case, or a UUID. */
export type DomainLook = { readonly column: "domain" | "id"; readonly value: string };

const firstIn = (tx: Tx, scope: Scope, { column, value }: DomainLook) =>
  domainsIn(tx, scope).where(column, "=", value).orderBy(byRank).limit(1);

export async function findDomain(tx: Tx, scope: Scope, look: DomainLook): Promise<Domain | null> {
  const row = await firstIn(tx, scope, look).executeTakeFirst();
  return row === undefined ? null : domainOf(row);
}

/** Those of the domains that the scope has, in no order. */
export async function findDomainsById(tx: Tx, scope: Scope, ids: readonly string[]): Promise<Domain[]> {
  if (ids.length === 0) return [];
  const rows = await domainsIn(tx, scope).where("id", "=", anyOf(ids)).execute();
  return rows.map(domainOf);
}

/** As findDomain, and holds off other changes of the domain until this transaction ends. */
export async function lockDomain(tx: Tx, scope: Scope, look: DomainLook): Promise<Domain | null> {
  const row = await firstIn(tx, scope, look).forUpdate().executeTakeFirst();
  return row === undefined ? null : domainOf(row);
}

/** Where domains are counted: a pod, or the organization beside its pods. */
export type DomainOwner = Pick<Domain, "podId" | "organizationId">;

export const ownerKey = ({ podId, organizationId }: DomainOwner): string =>
  podId ?? `all of ${organizationId}`;

/** How many domains of exactly these owners are not verified, each counted to `most`. @returns by ownerKey */
export async function countUnverified(
  tx: Tx,
  scope: Scope,
  owners: readonly DomainOwner[],
  most: number,
): Promise<ReadonlyMap<string, number>> {
  const distinct = [...new Map(owners.map((owner) => [ownerKey(owner), owner])).values()];
  if (distinct.length === 0) return new Map();
  const rows = distinct.map((owner) => ({ key: ownerKey(owner), pod_id: owner.podId }));
  const { organizationId } = scope;
  const counted = await sql<{ readonly key: string; readonly count: number }>`
    select owner.key, (select count(*)::integer from (
      select from domains where owner.pod_id is not null and pod_id = owner.pod_id and status <> 'VERIFIED'
      union all
      select from domains where owner.pod_id is null and pod_id is null and organization_id = ${organizationId}::uuid
        and status <> 'VERIFIED'
      limit ${most}) as unverified)
    from json_to_recordset(${JSON.stringify(rows)}) as owner (key text, pod_id uuid)`.execute(
    tx.within(scope),
  );
  return new Map(counted.rows.map(({ key, count }) => [key, count]));
}

const domainRow = (domain: Domain) => ({
  id: domain.id,
  organization_id: domain.organizationId,
  pod_id: domain.podId,
  domain: domain.domain,
  name: domain.name,
  status: domain.status,
  feedback_enabled: domain.feedbackEnabled,
  subdomains_enabled: domain.subdomainsEnabled,
  tracking_enabled: domain.trackingEnabled,
  inbound_enabled: domain.inboundEnabled,
  next_check_at: domain.nextCheckAt,
  client_id: domain.clientId,
  created_at: domain.createdAt,
  updated_at: domain.updatedAt,
});

/** Names a claim: a name and its owner. */
export const claimKey = (domain: DomainOwner & Pick<Domain, "domain">): string =>
  `${ownerKey(domain)} ${domain.domain}`;

/**
 * Registers domains, which get their keys afterwards; who registers the same for the same owner is waited for. Of two drafts of one
 * claim the first counts. @returns claimKeys of those that were registered
 */
export async function insertDomains(
  tx: Tx,
  scope: Scope,
  drafts: readonly Domain[],
): Promise<ReadonlySet<string>> {
  if (drafts.length === 0) return new Set();
  const byClaim = firstByName(drafts, claimKey);
  const rows = [...byClaim.values()].map(domainRow);
  const free = sql`on conflict (domain, organization_id, pod_id) do nothing returning id`;
  const inserted = await insertion<{ readonly id: string }>("domains", rows, free).execute(tx.within(scope));
  const ids = new Set(inserted.rows.map(({ id }) => id));
  return new Set([...byClaim].flatMap(([claim, { id }]) => (ids.has(id) ? [claim] : [])));
}

/** Deletes domains, with their keys. */
export async function deleteDomains(tx: Tx, scope: Scope, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .within(scope)
    .deleteFrom("domains")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", anyOf(ids))
    .execute();
}

export async function updateDomainRow(tx: Tx, scope: Scope, domain: Domain): Promise<void> {
  await tx
    .within(scope)
    .updateTable("domains")
    .set({
      name: domain.name,
      status: domain.status,
      feedback_enabled: domain.feedbackEnabled,
      subdomains_enabled: domain.subdomainsEnabled,
      tracking_enabled: domain.trackingEnabled,
      inbound_enabled: domain.inboundEnabled,
      checks: sql`${JSON.stringify(domain.checks)}::jsonb`,
      checked_at: domain.checkedAt,
      next_check_at: domain.nextCheckAt,
      failed_checks: domain.failedChecks,
      failing_since: domain.failingSince,
      trusted_at: domain.trustedAt,
      updated_at: domain.updatedAt,
    })
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", domain.id)
    .execute();
}

export interface UsableDomain {
  readonly domain: string;
  readonly verified: boolean;
  readonly subdomainsEnabled: boolean;
}

/**
 * For each pod, those of its `names` that are domains of the pod or of its organization as a whole, the most specific first.
 * The latter are hidden from a pod's own requests, hence the function; see migrations/0004_isolation.sql.
 */
export async function findUsableDomains(
  tx: Tx,
  scope: Scope,
  asked: readonly { readonly podId: string; readonly names: readonly string[] }[],
): Promise<UsableDomain[][]> {
  if (asked.length === 0) return [];
  const rows = asked.map(({ podId, names }, index) => ({ index, pod_id: podId, names }));
  const result = await sql<{ index: number; domain: string; status: string; subdomains_enabled: boolean }>`
    select asked.index, usable.domain, usable.status, usable.subdomains_enabled
    from json_to_recordset(${JSON.stringify(rows)}) as asked (index integer, pod_id uuid, names text[]),
      lateral rookery_usable_domains(asked.pod_id, asked.names) as usable
    order by length(usable.domain) desc`.execute(tx.within(scope));
  const found = Map.groupBy(result.rows, ({ index }) => index);
  return asked.map((_pod, index) =>
    (found.get(index) ?? []).map((row) => ({
      domain: row.domain,
      verified: row.status === "VERIFIED",
      subdomainsEnabled: row.subdomains_enabled,
    })),
  );
}

/** Those of the names that are verified domains of the scope, the most specific first. */
export async function findVerifiedDomains(
  tx: Tx,
  scope: AnyScope,
  names: readonly string[],
): Promise<(Pick<UsableDomain, "domain" | "subdomainsEnabled"> & Pick<Domain, "inboundEnabled">)[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("domains")
    .where("domain", "=", anyOf(names))
    .where("status", "=", "VERIFIED")
    .select(["domain", "subdomains_enabled", "inbound_enabled"])
    .execute();
  return rows
    .map((row) => ({
      domain: row.domain,
      subdomainsEnabled: row.subdomains_enabled,
      inboundEnabled: row.inbound_enabled,
    }))
    .toSorted((a, b) => b.domain.length - a.domain.length);
}
