/** SQL of deliveries as people list them, and have them made again. */
import { type RawBuilder, sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { Cursor, PageRequest, SortKey } from "../../door/cursor.ts";
import { type EventType, isEventType, typesWithoutMessage } from "../../door/events.ts";
import { keyset } from "../../door/keyset.ts";
import { RECOVERED_PER_SECOND } from "./limits.ts";
import { type SeenBy, type SentAttempt, type SentEvent, type SentState, sentStates } from "./sent-event.ts";

export interface SentFilter {
  /** Empty: any. */
  readonly states: readonly SentState[];
  /** Empty: any. */
  readonly types: readonly EventType[];
  /** First id (UUID) that is too new, and first that is new enough; null: no bound. */
  readonly before: string | null;
  readonly from: string | null;
}

interface Row {
  readonly event_id: string;
  readonly organization_id: string;
  readonly pod_id: string;
  readonly type: string;
  readonly address: string | null;
  readonly message_id: string | null;
  readonly state: string;
  readonly attempts: number;
  readonly next_attempt_at: Date | null;
  readonly attempted_at: Date | null;
  readonly outcome: string | null;
  readonly status: number | null;
  /** Not read for lists. */
  readonly detail?: string | null;
  readonly created_at: Date;
}

/** Of an event. */
export const sentEventKey: SortKey = ["uuid"];
/** Of an attempt. */
export const sentAttemptKey: SortKey = ["float8"];

const columns = sql`d.event_id, d.organization_id, d.pod_id, e.type, i.address, m.message_id, d.state, d.attempts,
  d.next_attempt_at, a.created_at as attempted_at, a.outcome, a.status, d.created_at`;
/** One row each, by its key: of a join the planner may make one with all that the pod has. */
const joins = sql`
  cross join lateral (select type, message_uuid from events where pod_id = d.pod_id and id = d.event_id limit 1) as e
  left join lateral (
    select message_id, labels from messages where pod_id = d.pod_id and id = e.message_uuid limit 1) as m on true
  left join lateral (select address from inboxes where pod_id = d.pod_id and id = d.inbox_id limit 1) as i on true
  left join lateral (
    select created_at, outcome, status, detail from webhook_attempts
    where pod_id = d.pod_id and event_id = d.event_id and webhook_id = d.webhook_id and attempt = d.attempts limit 1) as a on true`;

function sentOf(row: Row): SentEvent {
  const state = sentStates.find((known) => known === row.state);
  if (state === undefined || !isEventType(row.type))
    throw new Error(`a delivery of ${row.type} has the unknown state ${row.state}, or is of no event`);
  return {
    eventId: row.event_id,
    type: row.type,
    organizationId: row.organization_id,
    podId: row.pod_id,
    inboxAddress: row.address,
    messageId: row.message_id,
    state,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    attemptedAt: row.attempted_at,
    outcome: row.outcome,
    status: row.status,
    detail: row.detail ?? null,
    at: row.created_at,
  };
}

/** Deliveries to an endpoint in the scope: by its narrowest column, which says what the plan may expect. */
function deliveriesTo({ organizationId, podId, inboxId }: Scope, webhookId: string): RawBuilder<boolean>[] {
  const place =
    podId === null
      ? sql<boolean>`d.organization_id = ${organizationId}::uuid`
      : sql<boolean>`d.pod_id = ${podId}::uuid`;
  return [
    sql`d.webhook_id = ${webhookId}::uuid`,
    place,
    ...(inboxId === null ? [] : [sql<boolean>`d.inbox_id = ${inboxId}::uuid`]),
  ];
}

/**
 * As mayReadEvent has it for endpoints. Of a message that is gone nobody knows which labels it had: who may not read all of them is not
 * told of it.
 */
const seenOnly = ({ unseen, seesDomains }: SeenBy): RawBuilder<boolean>[] => [
  ...(seesDomains ? [] : [sql<boolean>`e.type <> 'domain.verified'`]),
  ...(unseen.length === 0
    ? []
    : [
        sql<boolean>`e.type <> all (${unseen.map((label) => `message.received.${label}`)}::text[])`,
        sql<boolean>`(e.type = ${anyOf(typesWithoutMessage)} or not m.labels && ${[...unseen]}::text[])`,
      ]),
];

const allOf = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
  conditions.length === 0 ? sql`true` : sql`${sql.join([...conditions], sql` and `)}`;

/** States are in the text, where a prepared statement's plan can tell that a partial index serves them. */
const inStates = (states: readonly SentState[]): RawBuilder<boolean> =>
  sql`d.state in (${sql.join(states.map((state) => sql.lit(state)))})`;

/**
 * A page of what an endpoint was sent, by the ids of events, which is by age; one row more than the page, if there is. Where some may be left out
 * that the index cannot tell, `most` deliveries are looked at.
 * @returns next, where the page is not full although there are more to look at: the last that was
 */
export async function listSent(
  tx: Tx,
  scope: Scope,
  webhookId: string,
  { filter, seen, page, most }: ListSent,
): Promise<{ readonly rows: SentEvent[]; readonly next: Cursor | null }> {
  const { states, types, before, from } = filter;
  const [direction, comparison] = page.ascending ? ["asc", ">"] : ["desc", "<"];
  const byAge = sql.raw(`order by d.event_id ${direction}`);
  const candidates = allOf([
    ...deliveriesTo(scope, webhookId),
    ...(states.length === 0 ? [] : [inStates(states)]),
    ...(before === null ? [] : [sql<boolean>`d.event_id < ${before}::uuid`]),
    ...(from === null ? [] : [sql<boolean>`d.event_id >= ${from}::uuid`]),
    ...(page.after === null ? [] : [sql<boolean>`d.event_id ${sql.raw(comparison)} ${page.after[0]}::uuid`]),
  ]);
  const chosen = [...(types.length === 0 ? [] : [sql<boolean>`e.type = ${anyOf(types)}`]), ...seenOnly(seen)];
  const isWhole = chosen.length === 0;
  const read = isWhole ? page.size + 1 : most;
  const { rows } = await sql<Row>`
    select ${columns} from (select d.* from webhook_deliveries as d where ${candidates} ${byAge} limit ${read}) as d ${joins}
    where ${allOf(chosen)} ${byAge} limit ${page.size + 1}`.execute(tx.within(scope));
  if (isWhole || rows.length > page.size) return { rows: rows.map(sentOf), next: null };
  const last = await sql<{ readonly event_id: string }>`
    select d.event_id from webhook_deliveries as d where ${candidates} ${byAge} offset ${most - 1} limit 1`.execute(
    tx.within(scope),
  );
  const [end] = last.rows;
  return { rows: rows.map(sentOf), next: end === undefined ? null : [end.event_id] };
}

interface ListSent {
  readonly filter: SentFilter;
  readonly seen: SeenBy;
  readonly page: PageRequest;
  readonly most: number;
}

/** One event at an endpoint; null: it was not to be sent to it, or the actor may not know of it. */
export async function findSent(
  tx: Tx,
  scope: Scope,
  { webhookId, eventId }: { readonly webhookId: string; readonly eventId: string },
  seen: SeenBy,
): Promise<SentEvent | null> {
  const { rows } = await sql<Row>`
    select ${columns}, a.detail from webhook_deliveries as d ${joins}
    where ${allOf([...deliveriesTo(scope, webhookId), sql`d.event_id = ${eventId}::uuid`, ...seenOnly(seen)])}`.execute(
    tx.within(scope),
  );
  return rows[0] === undefined ? null : sentOf(rows[0]);
}

/** Attempts at one delivery; one more than the page, if there is. */
export async function listAttemptRows(
  tx: Tx,
  scope: Scope,
  {
    podId,
    eventId,
    webhookId,
  }: { readonly podId: string; readonly eventId: string; readonly webhookId: string },
  page: PageRequest,
): Promise<SentAttempt[]> {
  const query = tx
    .within(scope)
    .selectFrom("webhook_attempts as a")
    .where("a.pod_id", "=", podId)
    .where("a.event_id", "=", eventId)
    .where("a.webhook_id", "=", webhookId)
    .select(["a.attempt", "a.created_at", "a.duration_ms", "a.outcome", "a.status", "a.detail"]);
  const rows = await keyset(query, ["a.attempt"], page, sentAttemptKey).execute();
  return rows.map((row) => ({
    attempt: row.attempt,
    at: row.created_at,
    durationMs: row.duration_ms,
    outcome: row.outcome,
    status: row.status,
    detail: row.detail,
  }));
}

/** Has a delivery made again, whatever became of it; one that is pending, at once. The schedule begins anew. */
export async function makeDueAgain(
  tx: Tx,
  scope: Scope,
  {
    podId,
    eventId,
    webhookId,
  }: { readonly podId: string; readonly eventId: string; readonly webhookId: string },
  now: Date,
): Promise<void> {
  await sql`
    update webhook_deliveries set state = 'pending', next_attempt_at = now(), resent_after = attempts, updated_at = ${now}
    where pod_id = ${podId}::uuid and event_id = ${eventId}::uuid and webhook_id = ${webhookId}::uuid`.execute(
    tx.within(scope),
  );
}

export interface FailedKey {
  readonly podId: string;
  readonly eventId: string;
}

/** The oldest deliveries to an endpoint that failed, of events from one id on and before another. */
export async function findFailed(
  tx: Tx,
  scope: Scope,
  webhookId: string,
  { from, before, limit }: { readonly from: string; readonly before: string; readonly limit: number },
): Promise<FailedKey[]> {
  const failed = allOf([
    ...deliveriesTo(scope, webhookId),
    inStates(["failed"]),
    sql`d.event_id >= ${from}::uuid`,
    sql`d.event_id < ${before}::uuid`,
  ]);
  const { rows } = await sql<FailedKey>`
    select d.pod_id as "podId", d.event_id as "eventId" from webhook_deliveries as d where ${failed}
    order by d.event_id limit ${limit}`.execute(tx.within(scope));
  return rows;
}

/** Has those of these deliveries made again that are still failed, in their order, at RECOVERED_PER_SECOND. @returns how many */
export async function recoverFailed(
  tx: Tx,
  scope: Scope,
  webhookId: string,
  keys: readonly FailedKey[],
  now: Date,
): Promise<number> {
  if (keys.length === 0) return 0;
  const { numAffectedRows } = await sql`
    update webhook_deliveries as d set state = 'pending', resent_after = d.attempts, updated_at = ${now},
      next_attempt_at = now() + (failed.place - 1) * interval '1 second' / ${RECOVERED_PER_SECOND}::float8
    from unnest(${keys.map(({ podId }) => podId)}::uuid[], ${keys.map(({ eventId }) => eventId)}::uuid[])
      with ordinality as failed (pod_id, event_id, place)
    where d.pod_id = failed.pod_id and d.event_id = failed.event_id and d.webhook_id = ${webhookId}::uuid
      and d.state = 'failed'`.execute(tx.within(scope));
  return Number(numAffectedRows ?? 0n);
}
