/** What other stores read of keys. */
import { type RawBuilder, sql } from "kysely";
import type { Scope } from "../../door/access/index.ts";

/** Whether nobody has confirmed the secret of a key. Open receipts, which are few, are read once. @param key name of the table of keys in the query */
export const isUnconfirmed = ({ organizationId }: Scope, key: string): RawBuilder<boolean> =>
  sql`coalesce(${sql.ref(`${key}.receipt_id`)} is not null or ${sql.ref(`${key}.made_under`)} = any (array(
    select id from key_receipts where organization_id = ${organizationId}::uuid)), false)`;

/** Ids of webhooks whose secrets nobody has confirmed, one a row. */
export const unconfirmedWebhooks = ({ organizationId }: Scope): RawBuilder<string> =>
  sql`(select unnest(webhook_ids) from key_receipts where organization_id = ${organizationId}::uuid)`;
