/** SQL that reads what a lease is of: the sender, the recipients that are left, the bytes. */
import { sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { SuppressionCause } from "../../guardrails/suppressions/index.ts";
import { hex, readBlobs } from "../../mail/blobs/rows.ts";
import type { TakenDelivery } from "./attempt.ts";
import type { RecipientOutcome } from "./delivery.ts";

interface TakenRow {
  readonly id: string;
  readonly organization_id: string;
  readonly inbox_id: string;
  readonly message_uuid: string;
  readonly domain: string;
  readonly attempts: number;
  readonly recipients: string[];
  // As record-store.ts writes them.
  readonly outcomes: RecipientOutcome[] | null;
  readonly raw_sha256: Buffer;
  readonly left_ms: number;
  readonly size: number | null;
  readonly address: string | null;
  readonly return_path: string | null;
  readonly is_deleted: boolean;
  readonly was_held: boolean;
  /** Of all that are taken; causes are those that the table allows. */
  readonly suppressed: [entry: string, cause: SuppressionCause][] | null;
}

const finalStates: ReadonlySet<string> = new Set(["sent", "bounced", "failed", "captured", "delivered"]);

/** A lease, before it has an envelope sender, and before it is seen who of its recipients is suppressed. */
export type FoundLease = Omit<TakenDelivery, "envelopeFrom" | "pending" | "suppressed"> & {
  /** Recipients that are still to be tried. */
  readonly left: readonly string[];
  /** Why addresses are suppressed, those of other leases among them. */
  readonly causes: ReadonlyMap<string, SuppressionCause>;
  /** Host of the envelope sender; null when it was not known at the send. */
  readonly returnPath: string | null;
  /** Address of the sender; null when its inbox was deleted. */
  readonly sender: string | null;
};

/** What is looked for. */
export interface Leased {
  /** Of rows that are leased. */
  readonly ids: readonly string[];
  /** Addresses of their recipients, canonical. */
  readonly names: readonly string[];
  /** Whether the bytes are wanted. */
  readonly withBytes: boolean;
}

/** Recipients that the pod has suppressed since the send are told apart, by one index scan for those of all rows. */
export async function findTaken(
  tx: Tx,
  scope: Scope,
  podId: string,
  { ids, names, withBytes }: Leased,
): Promise<FoundLease[]> {
  const { rows } = await sql<TakenRow>`
    select d.id, d.organization_id, d.inbox_id, d.message_uuid, d.domain, d.attempts, d.recipients, d.outcomes, d.raw_sha256,
      (extract(epoch from d.expires_at - now()) * 1000)::float8 as left_ms, messages.size, inboxes.address, d.return_path,
      messages.id is null as is_deleted, d.held_at is not null as was_held,
      (select json_agg(json_build_array(e.entry, e.cause)) from list_entries as e
        where e.pod_id = ${podId} and e.cause is not null and e.entry = ${anyOf(names)}) as suppressed
    from outbound_deliveries d
    left join messages on messages.pod_id = d.pod_id and messages.id = d.message_uuid
    left join inboxes on inboxes.pod_id = d.pod_id and inboxes.id = d.inbox_id
    where d.pod_id = ${podId} and d.id = ${anyOf(ids)} and d.state = 'sending'
    order by d.id`.execute(tx.within(scope));
  const hashes = withBytes ? rows.map((row) => row.raw_sha256) : [];
  const contents =
    hashes.length === 0 ? new Map<string, Buffer>() : await readBlobs(tx, scope, podId, hashes);
  return rows.map((row) => takenOf(podId, row, contents.get(hex(row.raw_sha256)) ?? null));
}

function takenOf(podId: string, row: TakenRow, raw: Buffer | null): FoundLease {
  const outcomes = row.outcomes ?? [];
  const settled = new Set(
    outcomes.filter(({ state }) => finalStates.has(state)).map(({ address }) => address),
  );
  return {
    podId,
    id: row.id,
    organizationId: row.organization_id,
    inboxId: row.inbox_id,
    messageUuid: row.message_uuid,
    domain: row.domain,
    attempt: row.attempts,
    left: row.recipients.filter((address) => !settled.has(address)),
    causes: new Map(row.suppressed),
    outcomes,
    returnPath: row.return_path,
    sender: row.address,
    leftMs: row.left_ms,
    sizeBytes: row.size ?? raw?.byteLength ?? 0,
    raw,
    isDeleted: row.is_deleted,
    isAbandoned: row.address === null && row.was_held,
  };
}
