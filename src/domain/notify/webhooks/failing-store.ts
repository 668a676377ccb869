/** SQL of endpoints that fail: who has them, for the health of inboxes. */
import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";

/** An endpoint that has done nothing but fail for a while; it may have been disabled for that. */
export interface FailingEndpoint {
  readonly id: string;
  readonly failingSince: Date;
  readonly enabled: boolean;
  /** Ids of the pods and of the inboxes that it is the endpoint of. */
  readonly podIds: readonly string[];
  readonly inboxIds: readonly string[];
}

/** Pods and inboxes (UUID) that are asked about. */
export interface EndpointOwners {
  readonly podIds: readonly string[];
  readonly inboxIds: readonly string[];
}

/**
 * Endpoints of pods and of inboxes, in the scope, that have failed since `before` or earlier. Not those of the whole organization: one
 * that fails is no fault of any of its inboxes. One that was switched off before it failed is no fault either.
 * @param owners null: all
 */
export async function findFailingEndpoints(
  tx: Tx,
  scope: Scope,
  before: Date,
  owners: EndpointOwners | null,
  most: number,
): Promise<FailingEndpoint[]> {
  const { rows } = await sql<FailingEndpoint>`
    select id, failing_since as "failingSince", enabled,
      case when ${named} then pod_ids when pod_id is not null and inbox_id is null then array[pod_id] else '{}' end as "podIds",
      case when ${named} then inbox_ids when inbox_id is not null then array[inbox_id] else '{}' end as "inboxIds"
    from webhooks
    where organization_id = ${scope.organizationId} and failing_since <= ${before} and (pod_id is not null or ${named})
      and ${owners === null ? sql`true` : concerns(owners)}
    limit ${most}`.execute(tx.within(scope));
  return rows;
}

const named = sql`(pod_ids <> '{}' or inbox_ids <> '{}')`;

const concerns = ({ podIds, inboxIds }: EndpointOwners): RawBuilder<unknown> =>
  sql`(pod_id = any (${podIds}::uuid[]) or pod_ids && ${podIds}::uuid[] or inbox_ids && ${inboxIds}::uuid[])`;
