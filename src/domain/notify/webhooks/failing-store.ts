/** SQL of endpoints that fail: whose they are, for the health of inboxes. */
import { sql } from "kysely";
import { type Tx, uuidArray } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";

/** An endpoint that has done nothing but fail for a while; it may have been disabled for that. */
export interface FailingEndpoint {
  readonly id: string;
  readonly failingSince: Date;
  readonly enabled: boolean;
  /** Ids of the pods and of the inboxes whose events it is for. */
  readonly podIds: readonly string[];
  readonly inboxIds: readonly string[];
}

/** Pods and inboxes (UUID) that are asked about. */
export interface EndpointOwners {
  readonly podIds: readonly string[];
  readonly inboxIds: readonly string[];
}

interface Row {
  readonly id: string;
  readonly pod_id: string | null;
  readonly inbox_id: string | null;
  readonly pod_ids: string[];
  readonly inbox_ids: string[];
  readonly failing_since: Date;
  readonly enabled: boolean;
}

/**
 * Endpoints of pods and of inboxes that have failed since `before` or earlier. Not those of the whole organization: one that fails is
 * no fault of any of its inboxes. One that was switched off before it failed is no fault either.
 * @param visible the key's own scope: the transaction may be narrowed to an inbox, which the endpoints of its pod serve as well
 * @param owners null: all in the scope
 */
export async function findFailingEndpoints(
  tx: Tx,
  visible: Scope,
  before: Date,
  owners: EndpointOwners | null,
  most: number,
): Promise<FailingEndpoint[]> {
  const { rows } = await sql<Row>`
    select * from rookery_failing_endpoints(${before}::timestamptz, ${idsOf(owners?.podIds)},
      ${idsOf(owners?.inboxIds)}, ${most}::integer)`.execute(tx.within(visible));
  return rows.filter((row) => sees(visible, row)).map(endpointOf);
}

const idsOf = (ids: readonly string[] | undefined) =>
  ids === undefined ? sql`null::uuid[]` : uuidArray(ids);

/** As row-level security of webhooks has it. */
const sees = (scope: Scope, { pod_id, inbox_id }: Row): boolean =>
  (scope.podId === null || scope.podId === pod_id) && (scope.inboxId === null || scope.inboxId === inbox_id);

function endpointOf(row: Row): FailingEndpoint {
  const { id, failing_since: failingSince, enabled } = row;
  const endpoint = { id, failingSince, enabled };
  if (row.pod_ids.length + row.inbox_ids.length > 0)
    return { ...endpoint, podIds: row.pod_ids, inboxIds: row.inbox_ids };
  if (row.inbox_id !== null) return { ...endpoint, podIds: [], inboxIds: [row.inbox_id] };
  return { ...endpoint, podIds: row.pod_id === null ? [] : [row.pod_id], inboxIds: [] };
}
