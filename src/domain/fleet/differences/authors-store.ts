/** SQL that asks the audit log for the last change of objects. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { Author } from "./change.ts";

/** As the index audit_of_objects has them: its condition must be in the query word by word. */
const OPERATIONS = [
  "pod.create",
  "pod.update",
  "pod.delete",
  "inbox.create",
  "inbox.update",
  "inbox.delete",
  "api_key.create",
  "api_key.update",
  "api_key.delete",
  "webhook.create",
  "webhook.update",
  "webhook.delete",
  "policy.create",
  "policy.update",
  "policy.delete",
  "rule.create",
  "rule.update",
  "rule.delete",
  "value_list.update",
  "value_list.add_items",
  "value_list.remove_items",
  "value_list.delete",
];

/** The last change of each target, whether it was done for its pod or for the organization. @returns by target */
export async function findLastChanges(
  tx: Tx,
  scope: Scope,
  { podIds, targets }: { readonly podIds: readonly string[]; readonly targets: readonly string[] },
): Promise<ReadonlyMap<string, Author[]>> {
  if (targets.length === 0) return new Map();
  const { rows } = await sql<{
    target: string;
    actor: string;
    key_id: string | null;
    operation: string;
    created_at: Date;
  }>`
    select distinct on (a.pod_id, a.target) a.target, a.actor, a.key_id, a.operation, a.created_at
    from audit a
    where a.organization_id = ${scope.organizationId}::uuid and a.pod_id = any(${[...podIds]}::uuid[])
      and a.target = any(${[...targets]}::text[]) and a.operation in (${sql.raw(OPERATIONS.map((name) => `'${name}'`).join(", "))})
    order by a.pod_id, a.target, a.id desc`.execute(tx.within(scope));
  return Map.groupBy(
    rows.map((row) => ({
      target: row.target,
      actor: row.actor,
      keyId: row.key_id,
      operation: row.operation,
      at: row.created_at,
    })),
    ({ target }) => target,
  );
}
