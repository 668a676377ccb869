/** SQL of what comes back of deliveries that another server had taken. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope, SystemScope } from "../../door/access/index.ts";
import { MAX_ORGANIZATIONS } from "../../limits.ts";
import type { RecipientOutcome } from "../outbound/index.ts";

/** Where a delivery is, and who sent it. */
export interface DeliveryPlace {
  readonly podId: string;
  /** Address of the sender; null when its inbox was deleted. */
  readonly inboxAddress: string | null;
  /** Whether the sender's domain wants reports as mail, too (contract 9.8). */
  readonly wantsReports: boolean;
}

/** Of any tenant: its return path names it, and nothing else. */
export async function findDeliveryPlace(
  tx: Tx,
  scope: SystemScope,
  id: string,
): Promise<DeliveryPlace | null> {
  const { rows } = await sql<DeliveryPlace>`
    select d.pod_id as "podId", inboxes.address as "inboxAddress", exists (
      select from domains where domains.domain = substring(d.return_path from position('.' in d.return_path) + 1)
        and domains.organization_id = d.organization_id and (domains.pod_id is null or domains.pod_id = d.pod_id)
        and domains.status = 'VERIFIED' and domains.feedback_enabled) as "wantsReports"
    from outbound_deliveries d left join inboxes on inboxes.pod_id = d.pod_id and inboxes.id = d.inbox_id
    where d.organization_id = any (array(select id from organizations limit ${MAX_ORGANIZATIONS})) and d.id = ${id}`.execute(
    tx.within(scope),
  );
  return rows[0] ?? null;
}

export interface ReturnedDelivery {
  readonly id: string;
  readonly organizationId: string;
  readonly inboxId: string;
  readonly messageUuid: string;
  readonly recipients: readonly string[];
  readonly outcomes: readonly RecipientOutcome[];
  readonly returns: readonly RecipientOutcome[];
}

/** Locked until the commit, so that two reports of one delivery do not count twice. Null when it was deleted, or is one of an inbox here. */
export async function lockDelivery(
  tx: Tx,
  scope: Scope,
  podId: string,
  id: string,
): Promise<ReturnedDelivery | null> {
  const { rows } = await sql<{
    organization_id: string;
    inbox_id: string;
    message_uuid: string;
    recipients: string[];
    // As outbound/record-store.ts, and saveReturns below, write them.
    outcomes: RecipientOutcome[] | null;
    returns: RecipientOutcome[] | null;
  }>`
    select organization_id, inbox_id, message_uuid, recipients, outcomes, returns from outbound_deliveries
    where pod_id = ${podId} and id = ${id} and domain is not null for no key update`.execute(
    tx.within(scope),
  );
  const [row] = rows;
  if (row === undefined) return null;
  return {
    id,
    organizationId: row.organization_id,
    inboxId: row.inbox_id,
    messageUuid: row.message_uuid,
    recipients: row.recipients,
    outcomes: row.outcomes ?? [],
    returns: row.returns ?? [],
  };
}

/** A delivery that waits for others of its recipients stays as it is; the attempt that ends it takes what came back into account. */
export async function saveReturns(
  tx: Tx,
  scope: Scope,
  podId: string,
  id: string,
  returns: readonly RecipientOutcome[],
  now: Date,
): Promise<void> {
  const worst = returns.some(({ state }) => state === "bounced") ? "bounced" : "complained";
  const detail = worst === "bounced" ? "a report of non-delivery came back" : "a recipient complained of it";
  await sql`
    update outbound_deliveries set returns = ${JSON.stringify(returns)}::jsonb, returned = ${worst}, updated_at = ${now},
      state = case when state in ('sent', 'complained') then ${worst} else state end,
      detail = case when state in ('sent', 'complained') then ${detail} else detail end
    where pod_id = ${podId} and id = ${id}`.execute(tx.within(scope));
}
