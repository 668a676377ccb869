/** SQL of organizations. */
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import type { Organization } from "./organization.ts";

export async function findOrganization(tx: Tx, scope: Scope): Promise<Organization | null> {
  const db = tx.within(scope);
  const row = await db
    .selectFrom("organizations")
    .where("id", "=", scope.organizationId)
    .select((column) => [
      "id",
      "name",
      "created_at",
      "updated_at",
      column
        .selectFrom("inboxes")
        .whereRef("inboxes.organization_id", "=", "organizations.id")
        .select((inner) => inner.fn.countAll<string>().as("count"))
        .as("inboxes"),
      column
        .selectFrom("domains")
        .whereRef("domains.organization_id", "=", "organizations.id")
        .select((inner) => inner.fn.countAll<string>().as("count"))
        .as("domains"),
    ])
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    id: row.id,
    name: row.name,
    inboxCount: Number(row.inboxes ?? 0),
    domainCount: Number(row.domains ?? 0),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
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
