/** SQL of the sealed private keys of domains, for starts and after the loss of the seal key. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";

export interface SealedDomain {
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string | null;
  readonly domain: string;
  readonly privateKeysSealed: readonly Buffer[];
}

/** In the order of their ids. @param after the last one seen; null: from the first */
export function findSealedDomains(
  tx: Tx,
  scope: AnyScope,
  after: string | null,
  most: number,
): Promise<SealedDomain[]> {
  let query = tx.within(scope).selectFrom("domains").orderBy("id").limit(most);
  if (after !== null) query = query.where("id", ">", after);
  return query
    .select(["id", "organization_id as organizationId", "pod_id as podId", "domain"])
    .select(
      sql<Buffer[]>`array(select private_key_sealed from dkim_keys where domain_id = domains.id)`.as(
        "privateKeysSealed",
      ),
    )
    .execute();
}

/** A key that was sealed last: ids are made in the order of time. */
export async function findNewestPrivateKey(tx: Tx, scope: AnyScope): Promise<Buffer | null> {
  const query = tx.within(scope).selectFrom("dkim_keys").orderBy("domain_id", "desc").limit(1);
  return (await query.select("private_key_sealed").executeTakeFirst())?.private_key_sealed ?? null;
}

/** Has a domain begin anew: its records are others now. */
export async function resetVerification(tx: Tx, scope: AnyScope, id: string, now: Date): Promise<void> {
  await tx
    .within(scope)
    .updateTable("domains")
    .set({
      status: "NOT_STARTED",
      checks: sql`'[]'::jsonb`,
      failed_checks: 0,
      failing_since: null,
      updated_at: now,
    })
    .where("id", "=", id)
    .where("trusted_at", "is", null)
    .execute();
}
