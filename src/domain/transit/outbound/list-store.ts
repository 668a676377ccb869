/** SQL of deliveries as API and commands show them, those for inboxes here among them, and of what people do to them. */
import { type RawBuilder, sql } from "kysely";
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { MAX_WAIT_FOR_INBOX_MS } from "../../limits.ts";
import { type Delivery, type DeliveryState, deliveryStates, type RecipientOutcome } from "./delivery.ts";
import { DELIVERIES_LOOKED_AT } from "./limits.ts";

/** What of the scope is asked about; null: all of it. */
export interface Within {
  readonly podId: string | null;
  readonly inboxId: string | null;
}

export interface DeliveryFilter {
  /** Empty: any. */
  readonly states: readonly DeliveryState[];
  /** Of the recipients; null: any. */
  readonly domain: string | null;
}

interface Row {
  readonly id: string;
  readonly organization_id: string;
  readonly pod_id: string;
  readonly inbox_id: string;
  readonly message_uuid: string;
  readonly address: string | null;
  readonly message_id: string | null;
  readonly labels: string[] | null;
  readonly recipient: string | null;
  readonly domain: string;
  readonly recipients: string[] | null;
  // As record-store.ts writes them.
  readonly outcomes: RecipientOutcome[] | null;
  // As transit/feedback writes them.
  readonly returns: RecipientOutcome[] | null;
  readonly state: string;
  readonly attempts: number;
  readonly doubts: number;
  readonly next_attempt_at: Date;
  readonly expires_at: Date | null;
  readonly attempted_at: Date | null;
  readonly reply: string | null;
  readonly reply_code: number | null;
  readonly enhanced_code: string | null;
  readonly mx: string | null;
  readonly mx_address: string | null;
  readonly tls: string | null;
  readonly detail: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const domainOfRow = sql`coalesce(d.domain, lower(split_part(d.recipient, '@', 2)))`;
const columns = sql`d.id, d.organization_id, d.pod_id, d.inbox_id, d.message_uuid, inboxes.address, messages.message_id, messages.labels, d.recipient,
  ${domainOfRow} as domain, d.recipients, d.outcomes, d.returns, d.state, d.attempts, d.doubts,
  d.next_attempt_at, d.expires_at, d.attempted_at, d.reply, d.reply_code, d.enhanced_code, d.mx, d.mx_address, d.tls, d.detail,
  d.created_at, d.updated_at`;
const joins = sql`
  left join messages on messages.pod_id = d.pod_id and messages.id = d.message_uuid
  left join inboxes on inboxes.pod_id = d.pod_id and inboxes.id = d.inbox_id`;

function stateOf(text: string): DeliveryState {
  const state = deliveryStates.find((known) => known === text);
  if (state === undefined) throw new Error(`a delivery has the unknown state ${text}`);
  return state;
}

function recipientsOf(row: Row, state: DeliveryState): RecipientOutcome[] {
  // What came back later is the last that is known.
  const known = new Map([...(row.outcomes ?? []), ...(row.returns ?? [])].map((one) => [one.address, one]));
  const untried = state === "sending" ? "queued" : state;
  const addresses = row.recipients ?? (row.recipient === null ? [] : [row.recipient]);
  return addresses.map(
    (address) => known.get(address) ?? { address, state: untried, code: null, enhancedCode: null, reply: "" },
  );
}

/** A delivery with what decides who may read it. */
export interface FoundDelivery extends Delivery {
  readonly messageUuid: string;
  /** Of its message; null when it was deleted. */
  readonly labels: readonly string[] | null;
}

function deliveryOf(row: Row): FoundDelivery {
  const state = stateOf(row.state);
  const isWaiting = state === "queued" || state === "sending" || state === "deferred";
  return {
    id: row.id,
    organizationId: row.organization_id,
    podId: row.pod_id,
    inboxId: row.inbox_id,
    messageUuid: row.message_uuid,
    inboxAddress: row.address,
    messageId: row.message_id,
    labels: row.labels,
    domain: row.domain,
    recipients: recipientsOf(row, state),
    state,
    attempts: row.attempts,
    doubts: row.doubts,
    nextAttemptAt: isWaiting ? row.next_attempt_at : null,
    expiresAt: isWaiting ? row.expires_at : null,
    attemptedAt: row.attempted_at,
    reply: row.reply,
    replyCode: row.reply_code,
    enhancedCode: row.enhanced_code,
    mx: row.mx,
    mxAddress: row.mx_address,
    tls: row.tls,
    detail: row.detail,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** In the scope, and in what of it is asked about. */
export function within({ organizationId }: Scope, { podId, inboxId }: Within): RawBuilder<boolean> {
  if (inboxId !== null) return sql`d.pod_id = ${podId} and d.inbox_id = ${inboxId}`;
  return podId !== null ? sql`d.pod_id = ${podId}` : sql`d.organization_id = ${organizationId}`;
}

/** States that are few among many: named in the text as well, where a plan can tell that a partial index has them. */
const classes: readonly { readonly states: readonly DeliveryState[]; readonly text: RawBuilder<unknown> }[] =
  [
    {
      states: ["bounced", "failed", "complained"],
      text: sql`d.state in ('bounced', 'failed', 'complained')`,
    },
    {
      states: ["queued", "sending", "deferred"],
      text: sql`d.state in ('queued', 'sending', 'deferred')`,
    },
  ];

function conditionsOf({ states }: DeliveryFilter): RawBuilder<unknown>[] {
  const rare = classes.filter(
    (one) => states.length > 0 && states.every((state) => one.states.includes(state)),
  );
  return [...rare.map(({ text }) => text), ...(states.length > 0 ? [sql`d.state = ${anyOf(states)}`] : [])];
}

/**
 * By id, which is by age. Fetches one row more than the page, so that the caller knows whether there is another. What is chosen among all that an
 * organization has is looked for among the newest, and else in each of its pods, by whose indexes it is found.
 */
export async function listDeliveries(
  tx: Tx,
  scope: Scope,
  at: Within,
  filter: DeliveryFilter,
  page: PageRequest,
): Promise<FoundDelivery[]> {
  const [direction, comparison] = page.ascending ? ["asc", ">"] : ["desc", "<"];
  const chosen = conditionsOf(filter);
  const after = page.after === null ? [] : [sql`d.id ${sql.raw(comparison)} ${page.after[0]}::uuid`];
  const byAge = sql.raw(`order by d.id ${direction}`);
  const fetched = page.size + 1;
  const first = (conditions: readonly RawBuilder<unknown>[], limit: number): RawBuilder<unknown> => sql`
    select d.* from outbound_deliveries d where ${sql.join(conditions, sql` and `)} ${byAge} limit ${limit}`;
  const list = async (found: RawBuilder<unknown>): Promise<FoundDelivery[]> => {
    const { rows } = await sql<Row>`select ${columns} from (${found}) as d ${joins} ${byAge}`.execute(
      tx.within(scope),
    );
    return rows.map(deliveryOf);
  };
  const place = within(scope, at);
  if (filter.domain !== null) {
    const ids = await idsOfDomain(tx, scope, at, { ...filter, domain: filter.domain }, page);
    return ids.length === 0 ? [] : list(first([place, sql`d.id = ${anyOf(ids)}`], fetched));
  }
  if (at.podId !== null || chosen.length === 0) return list(first([place, ...chosen, ...after], fetched));
  const near = first([place, ...after], DELIVERIES_LOOKED_AT);
  const found = await list(
    sql`select d.* from (${near}) as d where ${sql.join(chosen, sql` and `)} ${byAge} limit ${fetched}`,
  );
  if (found.length === fetched) return found;
  return list(sql`
    select d.* from pods cross join lateral (${first([sql`d.pod_id = pods.id`, ...chosen, ...after], fetched)}) as d
    where pods.organization_id = ${scope.organizationId} ${byAge} limit ${fetched}`);
}

/** Of those to a domain, in the order of the page and with the one behind it. */
async function idsOfDomain(
  tx: Tx,
  scope: Scope,
  { podId, inboxId }: Within,
  { states, domain }: DeliveryFilter & { readonly domain: string },
  { size, after, ascending }: PageRequest,
): Promise<readonly string[]> {
  const { rows } = await sql<{ ids: string[] }>`
    select rookery_deliveries_to(${podId}::uuid, ${inboxId}::uuid, ${domain}, ${[...states]}::text[], ${after?.[0] ?? null}::uuid,
      ${ascending}, ${DELIVERIES_LOOKED_AT}, ${size + 1}) as ids`.execute(tx.within(scope));
  return rows[0]?.ids ?? [];
}

export async function findDelivery(
  tx: Tx,
  scope: Scope,
  at: Within,
  id: string,
): Promise<FoundDelivery | null> {
  const { rows } = await sql<Row>`
    select ${columns} from outbound_deliveries d ${joins}
    where ${within(scope, at)} and d.organization_id = ${scope.organizationId} and d.id = ${id}`.execute(
    tx.within(scope),
  );
  return rows[0] === undefined ? null : deliveryOf(rows[0]);
}

/** Has what waits be tried now. */
export async function makeDue(tx: Tx, scope: Scope, podId: string, id: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update outbound_deliveries set next_attempt_at = now() where pod_id = ${podId} and id = ${id}
      and state in ('queued', 'deferred')`.execute(tx.within(scope));
  return numAffectedRows === 1n;
}

/**
 * Queues what bounced or failed at another server anew, for the recipients that did; for as long as a new message is tried. Only while the
 * message is there, as its bytes are kept for it.
 */
export async function requeue(tx: Tx, scope: Scope, podId: string, id: string, now: Date): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update outbound_deliveries as d set state = 'queued', next_attempt_at = now(), detail = null, updated_at = ${now},
      expires_at = now() + make_interval(secs => ${MAX_WAIT_FOR_INBOX_MS / 1000}),
      returned = case when d.returns @> '[{"state": "complained"}]' then 'complained' end,
      returns = (select jsonb_agg(one) from jsonb_array_elements(d.returns) as one where one ->> 'state' <> 'bounced'),
      outcomes = (select jsonb_agg(one) from jsonb_array_elements(d.outcomes) as one where one ->> 'state' = 'sent'
        and not coalesce(d.returns @> jsonb_build_array(jsonb_build_object('address', one -> 'address', 'state', 'bounced')), false))
    where d.pod_id = ${podId} and d.id = ${id} and d.domain is not null and d.state in ('bounced', 'failed')
      and exists (select from messages where messages.pod_id = d.pod_id and messages.id = d.message_uuid)`.execute(
    tx.within(scope),
  );
  return numAffectedRows === 1n;
}

/** Ends what waits: recipients that were taken stay taken. @returns null when it was not waiting */
export async function cancel(
  tx: Tx,
  scope: Scope,
  podId: string,
  id: string,
  now: Date,
  why: string,
): Promise<{ readonly outcomes: readonly RecipientOutcome[] } | null> {
  const { rows } = await sql<{ outcomes: RecipientOutcome[] }>`
    update outbound_deliveries as d set state = 'failed', detail = ${why}, updated_at = ${now}, outcomes = (
      select jsonb_agg(case when known.one ->> 'state' in ('sent', 'bounced', 'failed') then known.one
        else jsonb_build_object('address', address, 'state', 'failed', 'code', null, 'enhancedCode', null, 'reply', ${why}::text) end)
      from unnest(coalesce(d.recipients, array[d.recipient])) as address
      left join lateral (select one from jsonb_array_elements(coalesce(d.outcomes, '[]')) as one where one ->> 'address' = address)
        as known on true)
    where d.pod_id = ${podId} and d.id = ${id} and d.state in ('queued', 'deferred')
    returning d.outcomes`.execute(tx.within(scope));
  return rows[0] ?? null;
}
