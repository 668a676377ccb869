/** What other stores read of keys. */
import { type RawBuilder, sql } from "kysely";

/** @param key name of the table of keys in the query @returns the receipt that nobody has confirmed yet; null: there is none */
export const openReceiptOf = (key: string): RawBuilder<string | null> =>
  sql`coalesce(${sql.ref(`${key}.receipt_id`)}, (select r.id from key_receipts as r
    where r.organization_id = ${sql.ref(`${key}.organization_id`)} and r.id = ${sql.ref(`${key}.made_under`)}))`;
