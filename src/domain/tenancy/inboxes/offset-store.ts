/** SQL of inboxes by offset; see migrations/0026_pages_by_offset.sql and docs/decisions/0034-pages-by-offset.md. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope, SystemScope } from "../../door/access/index.ts";
import type { Inbox } from "./inbox.ts";
import { columns, type InboxRow, inboxOf } from "./rows.ts";

export interface OffsetPage {
  readonly size: number;
  readonly skip: number;
  readonly sort: "created_at" | "updated_at";
  readonly ascending: boolean;
  /** Id of a pod (UUID). */
  readonly podId: string | null;
  /** Created then or later. */
  readonly since: Date | null;
  /** Created earlier. */
  readonly before: Date | null;
  /** Null: all. */
  readonly status: StatusFilter | null;
}

export interface StatusFilter {
  readonly wanted: "valid" | "invalid";
  /** What is invalid besides inboxes that are paused themselves: ids of pods and of inboxes (UUID), domains. */
  readonly podIds: readonly string[];
  readonly inboxIds: readonly string[];
  readonly domains: readonly string[];
}

/**
 * Of an organization a page is found from the nearest inbox that was counted. Inside a pod, or between two times, as many index
 * entries are read as are skipped.
 */
export async function listInboxesByOffset(tx: Tx, scope: Scope, page: OffsetPage): Promise<Inbox[]> {
  const podId = scope.podId ?? page.podId;
  if (page.size === 0 || (page.podId !== null && page.podId !== podId)) return [];
  const { status } = page;
  const listed = columns.map((column) => sql.ref(`inboxes.${column}`));
  const { rows } = await sql<InboxRow>`
    select ${sql.join(listed)}
    from rookery_page_of_inboxes(${podId}::uuid, ${page.sort}, ${page.ascending}, ${page.since}::timestamptz,
      ${page.before}::timestamptz, ${status === null ? null : status.wanted === "valid"}::boolean,
      ${status?.podIds ?? []}::uuid[], ${status?.inboxIds ?? []}::uuid[], ${status?.domains ?? []}::text[],
      ${page.skip}::bigint, ${page.size}::integer) with ordinality as page (pod_id, id, position)
    join inboxes on inboxes.pod_id = page.pod_id and inboxes.id = page.id
    order by page.position`.execute(tx.within(scope));
  return rows.map(inboxOf);
}

/** Domains of the inboxes in the scope, each with a pod that has one; at most `most`. */
export async function findDomainsInUse(
  tx: Tx,
  scope: Scope,
  most: number,
): Promise<{ readonly domain: string; readonly podId: string }[]> {
  const { rows } = await sql<{ domain: string; podId: string }>`
    select domain, pod_id as "podId" from rookery_domains_in_use(${most})`.execute(tx.within(scope));
  return rows;
}

/** Organizations whose inboxes are to be counted, at most `most`. */
export async function findOrganizationsToRank(tx: Tx, scope: SystemScope, most: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from rookery_organizations_to_rank(${most}::integer) as id`.execute(tx.within(scope));
  return rows.map(({ id }) => id);
}

/** Counts an organization's inboxes: 5 us for each. @param step of how many one is kept */
export async function rankInboxes(
  tx: Tx,
  scope: SystemScope,
  organizationId: string,
  step: number,
): Promise<void> {
  await sql`select rookery_rank_inboxes(${organizationId}::uuid, ${step}::integer)`.execute(tx.within(scope));
}
