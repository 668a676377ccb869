/** SQL of the sealed private keys of domains, for starts and after the loss of the seal key. */
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import type { DomainStatus } from "./domain.ts";

export interface SealedDomain {
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string | null;
  readonly domain: string;
  readonly privateKeySealed: Buffer;
}

const columns = [
  "id",
  "organization_id as organizationId",
  "pod_id as podId",
  "domain",
  "dkim_private_key_sealed as privateKeySealed",
] as const;

/** In the order of their ids. @param after the last one seen; null: from the first */
export function findSealedDomains(
  tx: Tx,
  scope: AnyScope,
  after: string | null,
  most: number,
): Promise<SealedDomain[]> {
  let query = tx.within(scope).selectFrom("domains").orderBy("id").limit(most);
  if (after !== null) query = query.where("id", ">", after);
  return query.select(columns).execute();
}

/** The key that was sealed last: ids are made in the order of time. */
export async function findNewestPrivateKey(tx: Tx, scope: AnyScope): Promise<Buffer | null> {
  const query = tx.within(scope).selectFrom("domains").orderBy("id", "desc").limit(1);
  return (await query.select("dkim_private_key_sealed").executeTakeFirst())?.dkim_private_key_sealed ?? null;
}

export interface NewDomainKey {
  readonly selector: string;
  readonly publicKey: string;
  readonly privateKeySealed: Buffer;
  readonly status: DomainStatus;
  readonly now: Date;
}

export async function replaceDomainKey(
  tx: Tx,
  scope: AnyScope,
  id: string,
  key: NewDomainKey,
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("domains")
    .set({
      dkim_selector: key.selector,
      dkim_public_key: key.publicKey,
      dkim_private_key_sealed: key.privateKeySealed,
      status: key.status,
      updated_at: key.now,
    })
    .where("id", "=", id)
    .execute();
}
