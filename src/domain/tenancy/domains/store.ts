/** SQL of domains. The sealed private key is written here and read by nothing that answers a caller. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import { holdHome, type Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import { type Domain, type DomainStatus, domainStatuses } from "./domain.ts";

const columns = [
  "id",
  "organization_id",
  "pod_id",
  "domain",
  "status",
  "feedback_enabled",
  "subdomains_enabled",
  "tracking_enabled",
  "dkim_selector",
  "dkim_public_key",
  "client_id",
  "created_at",
  "updated_at",
] as const;

interface DomainRow {
  readonly id: string;
  readonly organization_id: string;
  readonly pod_id: string | null;
  readonly domain: string;
  readonly status: string;
  readonly feedback_enabled: boolean;
  readonly subdomains_enabled: boolean;
  readonly tracking_enabled: boolean;
  readonly dkim_selector: string;
  readonly dkim_public_key: string;
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
    status: readStatus(row.status),
    feedbackEnabled: row.feedback_enabled,
    subdomainsEnabled: row.subdomains_enabled,
    trackingEnabled: row.tracking_enabled,
    dkimSelector: row.dkim_selector,
    dkimPublicKey: row.dkim_public_key,
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

/** By its lower-case name. */
export async function findDomain(tx: Tx, scope: Scope, name: string): Promise<Domain | null> {
  const row = await domainsIn(tx, scope).where("domain", "=", name).executeTakeFirst();
  return row === undefined ? null : domainOf(row);
}

export async function findDomainById(tx: Tx, scope: Scope, id: string): Promise<Domain | null> {
  const row = await domainsIn(tx, scope).where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : domainOf(row);
}

/** As findDomain, and holds off other changes of the domain until this transaction ends. */
export async function lockDomain(tx: Tx, scope: Scope, name: string): Promise<Domain | null> {
  const row = await domainsIn(tx, scope).where("domain", "=", name).forUpdate().executeTakeFirst();
  return row === undefined ? null : domainOf(row);
}

/**
 * Has those who register a domain in the same pod take turns until the end of the transaction, and keeps the pod. What is
 * registered for the organization takes its turn at the Default Pod, whose id is the same.
 */
export async function lockHome(tx: Tx, scope: Scope): Promise<void> {
  const { podId } = scope;
  const pod = tx
    .within(scope)
    .selectFrom("pods")
    .where("id", "=", podId ?? scope.organizationId)
    .select("id")
    .forNoKeyUpdate();
  await Promise.all([pod.execute(), holdHome(tx, scope, { podId, inboxId: null })]);
}

/** How many domains of exactly this pod, or of the organization as a whole, are not verified, counted to `most`. */
export async function countUnverified(tx: Tx, scope: Scope, most: number): Promise<number> {
  const rows = await tx
    .within(scope)
    .selectFrom("domains")
    .where("organization_id", "=", scope.organizationId)
    .where("pod_id", scope.podId === null ? "is" : "=", scope.podId)
    .where("status", "!=", "VERIFIED")
    .select("id")
    .limit(most)
    .execute();
  return rows.length;
}

/** False when the name exists anywhere in the installation; a concurrent insert of it is waited for. */
export async function insertDomain(
  tx: Tx,
  scope: Scope,
  domain: Domain,
  sealedPrivateKey: Uint8Array,
): Promise<boolean> {
  const row = await tx
    .within(scope)
    .insertInto("domains")
    .values({
      id: domain.id,
      organization_id: domain.organizationId,
      pod_id: domain.podId,
      domain: domain.domain,
      status: domain.status,
      feedback_enabled: domain.feedbackEnabled,
      subdomains_enabled: domain.subdomainsEnabled,
      tracking_enabled: domain.trackingEnabled,
      dkim_selector: domain.dkimSelector,
      dkim_public_key: domain.dkimPublicKey,
      dkim_private_key_sealed: Buffer.from(sealedPrivateKey),
      client_id: domain.clientId,
      created_at: domain.createdAt,
      updated_at: domain.updatedAt,
    })
    .onConflict((conflict) => conflict.column("domain").doNothing())
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

export async function updateDomainRow(tx: Tx, scope: Scope, domain: Domain): Promise<void> {
  await tx
    .within(scope)
    .updateTable("domains")
    .set({
      status: domain.status,
      feedback_enabled: domain.feedbackEnabled,
      subdomains_enabled: domain.subdomainsEnabled,
      tracking_enabled: domain.trackingEnabled,
      updated_at: domain.updatedAt,
    })
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", domain.id)
    .execute();
}

export async function deleteDomainRow(tx: Tx, scope: Scope, id: string): Promise<void> {
  await tx
    .within(scope)
    .deleteFrom("domains")
    .where("organization_id", "=", scope.organizationId)
    .where("id", "=", id)
    .execute();
}

export interface UsableDomain {
  readonly domain: string;
  readonly verified: boolean;
  readonly subdomainsEnabled: boolean;
}

/**
 * Of `names`, those that are domains of the pod or of its organization as a whole, the most specific first. The
 * latter are hidden from a pod's own requests, hence the function; see migrations/0004_isolation.sql.
 */
export async function findUsableDomains(
  tx: Tx,
  scope: Scope,
  podId: string,
  names: readonly string[],
): Promise<UsableDomain[]> {
  const result = await sql<{ domain: string; status: string; subdomains_enabled: boolean }>`
    select domain, status, subdomains_enabled from rookery_usable_domains(${podId}::uuid, ${[...names]}::text[])
    order by length(domain) desc`.execute(tx.within(scope));
  return result.rows.map((row) => ({
    domain: row.domain,
    verified: row.status === "VERIFIED",
    subdomainsEnabled: row.subdomains_enabled,
  }));
}
