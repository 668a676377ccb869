/** SQL of what is sealed of webhook endpoints, for starts and after the loss of the seal key. */
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";

export interface SealedEndpoint {
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string | null;
  readonly inboxId: string | null;
  readonly secretSealed: Buffer;
  readonly headersSealed: Buffer | null;
}

const columns = [
  "id",
  "organization_id as organizationId",
  "pod_id as podId",
  "inbox_id as inboxId",
  "secret_sealed as secretSealed",
  "headers_sealed as headersSealed",
] as const;

/** In the order of their ids. @param after the last one seen; null: from the first */
export function findSealedEndpoints(
  tx: Tx,
  scope: AnyScope,
  after: string | null,
  most: number,
): Promise<SealedEndpoint[]> {
  let query = tx.within(scope).selectFrom("webhooks").orderBy("id").limit(most);
  if (after !== null) query = query.where("id", ">", after);
  return query.select(columns).execute();
}

/** The secret that was sealed last: ids are made in the order of time. */
export async function findNewestSecret(tx: Tx, scope: AnyScope): Promise<Buffer | null> {
  const query = tx.within(scope).selectFrom("webhooks").orderBy("id", "desc").limit(1);
  return (await query.select("secret_sealed").executeTakeFirst())?.secret_sealed ?? null;
}

export async function replaceSecret(
  tx: Tx,
  scope: AnyScope,
  id: string,
  { secretSealed, now }: { readonly secretSealed: Buffer; readonly now: Date },
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("webhooks")
    .set({ secret_sealed: secretSealed, headers_sealed: null, updated_at: now })
    .where("id", "=", id)
    .execute();
}
