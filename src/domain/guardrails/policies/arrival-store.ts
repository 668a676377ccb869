/** SQL that counts mail that arrives. Under the locks of the inboxes, which only who receives mail takes. */
import { sql } from "kysely";
import { byKey } from "../../../storage/by-key.ts";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope, InboxTarget } from "../../door/access/index.ts";

/** What an inbox has had today, and holds. */
export interface ArrivalCount {
  /** Days since 1970-01-01 UTC, that of the count. */
  readonly day: number;
  readonly received: number;
  /** Null: not counted under this version of the guardrails. */
  readonly storedBytes: number | null;
}

interface CountRow {
  readonly inbox_id: string;
  readonly day: number | null;
  readonly n: string;
  readonly version: string | null;
}

/** @param today as ArrivalCount.day. @returns by id of the inbox, one for each */
export async function findArrivalCounts(
  tx: Tx,
  scope: AnyScope,
  inboxes: readonly InboxTarget[],
  today: number,
): Promise<Map<string, ArrivalCount>> {
  const { rows } = await sql<CountRow>`
    select inbox_id, day - date '1970-01-01' as day, received::bigint as n, null as version from receive_counts
    where ${byKey("receive_counts", inboxes, "inbox_id")}
    union all select inbox_id, null, bytes, version from storage_counts where ${byKey("storage_counts", inboxes, "inbox_id")}`.execute(
    tx.within(scope),
  );
  const counts = inboxes.map(({ id, guardrails }): [string, ArrivalCount] => {
    const own = rows.filter((row) => row.inbox_id === id);
    // A clock of another process may be ahead: the day it has begun is not ended here.
    const received = own.find(({ day }) => day !== null && day >= today);
    const stored = own.find(({ version }) => version === guardrails.version);
    return [
      id,
      {
        day: received?.day ?? today,
        received: Number(received?.n ?? 0),
        storedBytes: stored === undefined ? null : Number(stored.n),
      },
    ];
  });
  return new Map(counts);
}

/** Bytes that the inboxes hold, summed anew; one without any is left out. */
export async function sumStoredBytes(
  tx: Tx,
  scope: AnyScope,
  inboxes: readonly InboxTarget[],
): Promise<Map<string, number>> {
  if (inboxes.length === 0) return new Map();
  const { rows } = await sql<{ inbox_id: string; bytes: string }>`
    select inbox_id, sum(size) as bytes from threads where ${byKey("threads", inboxes, "inbox_id")} group by inbox_id`.execute(
    tx.within(scope),
  );
  return new Map(rows.map(({ inbox_id, bytes }) => [inbox_id, Number(bytes)]));
}

/** What a group adds. */
export interface CountedArrivals {
  readonly inbox: InboxTarget;
  readonly day: number;
  readonly received: number;
  readonly bytes: number;
  /** What the inbox held before, when that was summed anew; null: what is counted is added to. */
  readonly summedBytes: number | null;
}

export async function addReceived(tx: Tx, scope: AnyScope, added: readonly CountedArrivals[]): Promise<void> {
  if (added.length === 0) return;
  const rows = added.map(({ inbox, day, received }) => ({
    pod_id: inbox.podId,
    inbox_id: inbox.id,
    organization_id: inbox.organizationId,
    day: dateOf(day),
    received,
  }));
  const known = sql`on conflict (pod_id, inbox_id) do update set day = excluded.day,
    received = excluded.received + case when receive_counts.day = excluded.day then receive_counts.received else 0 end
    returning 1`;
  await insertion("receive_counts", rows, known).execute(tx.within(scope));
}

/** Where a send has summed meanwhile, what it found is added to, as it did not see these. */
export async function addStoredBytes(
  tx: Tx,
  scope: AnyScope,
  added: readonly CountedArrivals[],
): Promise<void> {
  if (added.length === 0) return;
  const rows = added.map(({ inbox, bytes, summedBytes }) => ({
    pod_id: inbox.podId,
    inbox_id: inbox.id,
    organization_id: inbox.organizationId,
    bytes: bytes + (summedBytes ?? 0),
    version: inbox.guardrails.version,
  }));
  const own = sql.join([...added.map(({ inbox, bytes }) => sql`(${inbox.id}::uuid, ${bytes}::bigint)`)]);
  const known = sql`on conflict (pod_id, inbox_id) do update set version = excluded.version,
    bytes = case when storage_counts.version = excluded.version
      then storage_counts.bytes + (select n from (values ${own}) as a (id, n) where a.id = excluded.inbox_id)
      else excluded.bytes end
    returning 1`;
  await insertion("storage_counts", rows, known).execute(tx.within(scope));
}

const DAY_MS = 86_400_000;

export const dayOf = (at: Date): number => Math.floor(at.getTime() / DAY_MS);
/** When the day begins. */
export const startOf = (day: number): Date => new Date(day * DAY_MS);
const dateOf = (day: number): string => startOf(day).toISOString().slice(0, 10);
