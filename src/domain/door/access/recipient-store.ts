/** SQL of recipients: the inboxes that arriving mail is for. */
import { sql } from "kysely";
import { anyKey } from "../../../storage/by-key.ts";
import type { Tx } from "../../../storage/db.ts";
import type { SystemScope } from "./scope.ts";
import { type AddressedRow, type InboxTarget, inboxTarget, selectAddressed } from "./store.ts";

/**
 * Inboxes that mail to these lower-case addresses is for: aliases, and `*@` a domain for its catch-all, are addresses here. Left out are
 * those on a domain that another tenant has verified since. (One of the Default Pod may be that of a pod whose inboxes are on their way
 * there.)
 * @param own the installation's domain, which tenants share
 */
export async function findRecipients(
  tx: Tx,
  scope: SystemScope,
  addresses: readonly string[],
  own: string,
): Promise<Map<string, InboxTarget>> {
  const statement = sql<AddressedRow>`${selectAddressed} where addresses.address = ${anyKey(addresses)}
    and not exists (select from domains as d
      where d.domain = split_part(addresses.address, '@', 2) and d.status = 'VERIFIED' and d.domain <> ${own}
        and (d.organization_id <> addresses.organization_id
          or (d.pod_id <> addresses.pod_id and d.pod_id <> addresses.organization_id)))`;
  const { rows } = await statement.execute(tx.within(scope));
  return new Map(rows.map((row) => [row.wanted, inboxTarget(row)]));
}
