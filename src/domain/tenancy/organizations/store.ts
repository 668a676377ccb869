/** SQL of organizations. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import type { Organization } from "./organization.ts";

export async function findOrganization(tx: Tx, scope: Scope): Promise<Organization | null> {
  const db = tx.within(scope);
  const { organizationId } = scope;
  const [row, { inboxes, domains }] = await Promise.all([
    db
      .selectFrom("organizations")
      .where("id", "=", organizationId)
      .select(["id", "name", "paused_at", "created_at", "updated_at"])
      .executeTakeFirst(),
    countHeld(tx, scope),
  ]);
  if (row === undefined) return null;
  return {
    id: row.id,
    name: row.name,
    pausedAt: row.paused_at,
    inboxCount: inboxes,
    domainCount: domains,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Of the scope of the transaction: to count a hundred thousand rows under row-level security takes longer than all else that a request does. */
async function countHeld(tx: Tx, scope: Scope): Promise<{ inboxes: number; domains: number }> {
  const { rows } = await sql<{ inboxes: number; domains: number }>`
    select rookery_inbox_count()::float8 as inboxes, rookery_domain_count()::float8 as domains`.execute(
    tx.within(scope),
  );
  return rows[0] ?? { inboxes: 0, domains: 0 };
}

/** The oldest organization: the one the root key of a fresh installation belongs to. */
export async function findFirstOrganizationId(tx: Tx, scope: AnyScope): Promise<string | null> {
  const row = await tx
    .within(scope)
    .selectFrom("organizations")
    .select("id")
    .orderBy("created_at")
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}

export async function insertOrganization(
  tx: Tx,
  scope: AnyScope,
  id: string,
  name: string,
  at: Date,
): Promise<void> {
  await tx
    .within(scope)
    .insertInto("organizations")
    .values({ id, name, created_at: at, updated_at: at })
    .execute();
}

/** Null resumes it; see migrations/0024_accounts.sql. */
export async function setOrganizationPaused(tx: Tx, scope: Scope, at: Date | null): Promise<void> {
  await sql`select rookery_pause_organization(${at}::timestamptz)`.execute(tx.within(scope));
}
