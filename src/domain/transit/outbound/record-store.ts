/** SQL that records what became of attempts. */
import { sql } from "kysely";
import { byKey } from "../../../storage/by-key.ts";
import { anyOf, insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope, SystemScope } from "../../door/access/index.ts";
import type { Judged } from "./record.ts";

/** @returns ids of the rows whose lease was still this attempt's; the others are left as they are */
export async function recordJudgements(
  tx: Tx,
  scope: Scope,
  podId: string,
  judged: readonly Judged[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const rows = judged.map(({ taken, judgement, outcome }) => ({
    id: taken.id,
    attempt: taken.attempt,
    state: judgement.state,
    outcomes: judgement.outcomes,
    reply: judgement.shown?.reply ?? null,
    code: judgement.shown?.code ?? null,
    enhanced: judgement.shown?.enhancedCode ?? null,
    mx: outcome?.mx ?? null,
    address: outcome?.mxAddress ?? null,
    tls: outcome?.tls ?? null,
    detail: judgement.detail,
    at: outcome?.at ?? null,
    wait: judgement.retryAfterMs === null ? null : judgement.retryAfterMs / 1000,
    doubtful: outcome?.recipients.some(({ isDoubtful }) => isDoubtful) === true,
  }));
  const { rows: recorded } = await sql<{ id: string }>`
    update outbound_deliveries as d set state = case when r.state = 'sent' then coalesce(d.returned, r.state) else r.state end, outcomes = r.outcomes, reply = r.reply, reply_code = r.code,
      enhanced_code = r.enhanced, mx = r.mx, mx_address = r.address, tls = r.tls, detail = r.detail,
      attempted_at = coalesce(r.at, d.attempted_at), held_at = null, updated_at = ${now},
      doubts = d.doubts + r.doubtful::integer,
      next_attempt_at = now() + make_interval(secs => coalesce(r.wait, 0))
    from json_to_recordset(${JSON.stringify(rows)}) as r (id uuid, attempt integer, state text, outcomes jsonb, reply text,
      code integer, enhanced text, mx text, address text, tls text, detail text, at timestamptz, wait float8, doubtful boolean)
    where ${byKey(
      "d",
      rows.map(({ id }) => ({ podId, id })),
    )} and d.id = r.id and d.attempts = r.attempt and d.state = 'sending'
    returning d.id`.execute(tx.within(scope));
  return new Set(recorded.map(({ id }) => id));
}

/** @returns those of the attempts that are on record: a transaction whose COMMIT got no answer is done once more */
export async function findRecorded(
  tx: Tx,
  scope: Scope,
  podId: string,
  judged: readonly Judged[],
): Promise<ReadonlySet<string>> {
  const rows = judged.map(({ taken, outcome }) => ({
    id: taken.id,
    attempt: taken.attempt,
    at: outcome?.at ?? null,
  }));
  const { rows: found } = await sql<{ id: string }>`
    select d.id from json_to_recordset(${JSON.stringify(rows)}) as r (id uuid, attempt integer, at timestamptz)
    join outbound_deliveries d on d.id = r.id and d.attempts >= r.attempt and d.attempted_at = r.at
    where ${byKey(
      "d",
      rows.map(({ id }) => ({ podId, id })),
    )}`.execute(tx.within(scope));
  return new Set(found.map(({ id }) => id));
}

/** Counts attempts that another server took though their lease was somebody else's by then. */
export async function countDoubts(
  tx: Tx,
  scope: Scope,
  podId: string,
  ids: readonly string[],
): Promise<void> {
  await sql`update outbound_deliveries set doubts = doubts + 1 where pod_id = ${podId} and id = ${anyOf(ids)}`.execute(
    tx.within(scope),
  );
}

/** Where rows are now that were in another pod when they were taken: their inbox was moved. */
export async function findPodsOf(
  tx: Tx,
  scope: SystemScope,
  organizationId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; pod_id: string }>`
    select id, pod_id from outbound_deliveries where organization_id = ${organizationId} and id = ${anyOf(ids)}`.execute(
    tx.within(scope),
  );
  return new Map(rows.map((row) => [row.id, row.pod_id]));
}

/** What is added to the counts of an inbox. */
export interface Counted {
  readonly podId: string;
  readonly organizationId: string;
  readonly inboxId: string;
  readonly sent: number;
  readonly bounced: number;
  readonly complained: number;
}

/** Recipients of this minute, by inbox; one row for each inbox at most. */
export async function addCounts(
  tx: Tx,
  scope: AnyScope,
  counted: readonly Counted[],
  now: Date,
): Promise<void> {
  const minute = new Date(Math.floor(now.getTime() / 60_000) * 60_000);
  const rows = counted
    .toSorted((a, b) => (a.inboxId < b.inboxId ? -1 : 1))
    .map((one) => ({
      pod_id: one.podId,
      inbox_id: one.inboxId,
      minute,
      organization_id: one.organizationId,
      sent: one.sent,
      bounced: one.bounced,
      complained: one.complained,
    }));
  if (rows.length === 0) return;
  await insertion(
    "outbound_counts",
    rows,
    sql`on conflict (pod_id, inbox_id, minute) do update set sent = outbound_counts.sent + excluded.sent,
      bounced = outbound_counts.bounced + excluded.bounced, complained = outbound_counts.complained + excluded.complained
      returning 1`,
  ).execute(tx.within(scope));
}
