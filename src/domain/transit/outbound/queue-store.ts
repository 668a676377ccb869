/** SQL of the queue of mail for other servers: what is due, the leases of what is being sent, and what has to wait. */
import { sql } from "kysely";
import { byKey } from "../../../storage/by-key.ts";
import { forwardingOf } from "../../../storage/clock-set-back.ts";
import { anyOf, type Tx } from "../../../storage/db.ts";
import { listPodsDueIn, type PodLook, type PodsDue } from "../../../storage/pods-due.ts";
import type { Scope, SystemScope } from "../../door/access/index.ts";
import { HELD_COPIES_SECONDS } from "../../limits.ts";
import { MAX_DOMAINS_LOOKED_AT, OUTBOUND_LEASE_MS, OUTBOUND_RETRY_SECONDS } from "./limits.ts";

/** Rows that wait or are being sent, in the text, where a prepared statement's plan can tell that partial indexes serve it. */
const waiting = sql.raw("d.domain is not null and d.state in ('queued', 'sending', 'deferred')");

const queued = { table: "outbound_deliveries", waiting, due: sql`d.next_attempt_at <= now()` };

/** The same, for a pause of the schedule at most. Then they wait as long as a lease: somebody may still be sending one, and would prolong it meanwhile. */
export const waitingOutbound = forwardingOf({
  ...queued,
  key: sql`id`,
  mostSeconds: Math.max(...OUTBOUND_RETRY_SECONDS),
  thenSeconds: OUTBOUND_LEASE_MS / 1000,
});

/** Pods that have mail for other servers which is due. */
export const listPodsDue = (tx: Tx, scope: SystemScope, look: PodLook): Promise<PodsDue> =>
  listPodsDueIn(tx, scope, queued, look);

export interface DueDelivery {
  readonly id: string;
  readonly domain: string;
  readonly recipients: readonly string[];
  readonly sizeBytes: number;
  /** Domain of the sender; null when its inbox was deleted. */
  readonly senderDomain: string | null;
  readonly isFirst: boolean;
  /** Why it has to wait: its sender, the pod or the organization is paused, or pod or sender are suspended because of their rates. */
  readonly held: "paused" | "suspended" | "inbox suspended" | null;
}

interface DueRow {
  readonly id: string;
  readonly domain: string;
  readonly recipients: string[];
  readonly size: number | null;
  readonly sender: string | null;
  readonly attempts: number;
  readonly is_paused: boolean;
  readonly is_suspended: boolean;
  readonly is_inbox_suspended: boolean;
}

/** Octets that a message deleted by its sender counts: its size is unknown, so it is taken alone. */
const DELETED_MESSAGE_BYTES = 1024 ** 3;

const dueOf = (row: DueRow): DueDelivery => ({
  id: row.id,
  domain: row.domain,
  recipients: row.recipients,
  sizeBytes: row.size ?? DELETED_MESSAGE_BYTES,
  senderDomain: row.sender,
  isFirst: row.attempts === 0,
  held: heldOf(row),
});

function heldOf(row: DueRow): DueDelivery["held"] {
  if (row.is_paused) return "paused";
  if (row.is_suspended) return "suspended";
  return row.is_inbox_suspended ? "inbox suspended" : null;
}

const facts = sql`
  left join messages on messages.pod_id = d.pod_id and messages.id = d.message_uuid
  left join inboxes on inboxes.pod_id = d.pod_id and inboxes.id = d.inbox_id
  left join pods on pods.id = d.pod_id
  left join organizations on organizations.id = d.organization_id
  left join outbound_standing standing on standing.pod_id = d.pod_id
  left join outbound_inbox_standing own on own.pod_id = d.pod_id and own.inbox_id = d.inbox_id`;
const columns = sql`d.id, d.domain, d.recipients, d.attempts, messages.size, split_part(inboxes.address, '@', 2) as sender,
  coalesce(inboxes.paused_at, pods.paused_at, pods.suspended_at, organizations.paused_at) is not null as is_paused,
  standing.suspended_at is not null as is_suspended, coalesce(own.suspended_until > now(), false) as is_inbox_suspended`;

/** A pod's due rows, those that wait longest first, at most `limit`. */
export async function listDue(tx: Tx, scope: Scope, podId: string, limit: number): Promise<DueDelivery[]> {
  const { rows } = await sql<DueRow>`
    select ${columns} from (
      select d.* from outbound_deliveries d
      where d.pod_id = ${podId} and ${waiting} and d.next_attempt_at <= now()
      order by d.next_attempt_at limit ${limit}) as d ${facts}
    order by d.next_attempt_at`.execute(tx.within(scope));
  return rows.map(dueOf);
}

/**
 * The same for domains other than `except`, a few of each in the order of the domains after `after`: for a pod whose oldest rows are all
 * for domains that may have no more now.
 */
export async function listDueElsewhere(
  tx: Tx,
  scope: Scope,
  podId: string,
  look: {
    readonly except: readonly string[];
    readonly after: string;
    readonly perDomain: number;
    readonly limit: number;
  },
): Promise<DueDelivery[]> {
  const { rows } = await sql<DueRow>`
    with recursive names as (
      (select d.domain, 1 as step from outbound_deliveries d
        where d.pod_id = ${podId} and ${waiting} and d.domain > ${look.after} order by d.domain limit 1)
      union all
      select (select d.domain from outbound_deliveries d
        where d.pod_id = ${podId} and ${waiting} and d.domain > names.domain order by d.domain limit 1), names.step + 1
      from names where names.domain is not null and names.step < ${MAX_DOMAINS_LOOKED_AT})
    select ${columns} from names cross join lateral (
      select d.* from outbound_deliveries d
      where d.pod_id = ${podId} and ${waiting} and d.domain = names.domain and d.next_attempt_at <= now()
      order by d.next_attempt_at limit ${look.perDomain}) as d ${facts}
    where names.domain <> all (${[...look.except]}::text[]) limit ${look.limit}`.execute(tx.within(scope));
  return rows.map(dueOf);
}

/**
 * Takes a lease of rows that are still due: until it ends nobody else takes them. An attempt whose lease had ended counts as one in
 * doubt. The clock is PostgreSQL's.
 * @returns ids of those that were taken
 */
export async function lease(
  tx: Tx,
  scope: Scope,
  podId: string,
  ids: readonly string[],
  leaseMs: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update outbound_deliveries as d set state = 'sending', attempts = attempts + 1,
      doubts = doubts + (state = 'sending')::integer, next_attempt_at = now() + make_interval(secs => ${leaseMs / 1000})
    where d.pod_id = ${podId} and d.id = ${anyOf(ids)} and ${waiting} and d.next_attempt_at <= now()
    returning d.id`.execute(tx.within(scope));
  return rows.map(({ id }) => id);
}

/** A lease: a row, and the attempt that it is for. */
export interface Lease {
  readonly podId: string;
  readonly id: string;
  readonly attempt: number;
}

/** Prolongs leases, over pods. */
export async function renewLeases(
  tx: Tx,
  scope: SystemScope,
  leases: readonly Lease[],
  leaseMs: number,
): Promise<void> {
  await sql`
    update outbound_deliveries as d set next_attempt_at = now() + make_interval(secs => ${leaseMs / 1000})
    from json_to_recordset(${JSON.stringify(leases)}) as l ("podId" uuid, id uuid, attempt integer)
    where d.pod_id = l."podId" and d.id = l.id and d.attempts = l.attempt and d.state = 'sending'`.execute(
    tx.within(scope),
  );
}

/** Gives leases back for which nothing was tried: as if they had not been taken. @param waitMs until they are due again */
export async function giveBack(
  tx: Tx,
  scope: Scope,
  podId: string,
  leases: readonly { readonly id: string; readonly attempt: number; readonly detail: string | null }[],
  waitMs: number,
): Promise<void> {
  await sql`
    update outbound_deliveries as d set state = case when d.attempted_at is null then 'queued' else 'deferred' end,
      attempts = d.attempts - 1, next_attempt_at = now() + make_interval(secs => ${waitMs / 1000}), detail = l.detail
    from json_to_recordset(${JSON.stringify(leases)}) as l (id uuid, attempt integer, detail text)
    where ${byKey(
      "d",
      leases.map(({ id }) => ({ podId, id })),
    )} and d.id = l.id and d.attempts = l.attempt and d.state = 'sending'`.execute(tx.within(scope));
}

/** Why due rows wait without an attempt. */
export type Held = NonNullable<DueDelivery["held"]> | "warming up";

const sentences: Readonly<Record<Held, string>> = {
  paused: "the sender is paused",
  suspended: "sending to other servers is suspended for the pod",
  "inbox suspended": "sending to other servers is suspended for the inbox",
  "warming up": "the sender's domain is new and has sent what it may today",
};

/** Has due rows wait because of their sender. */
export async function hold(
  tx: Tx,
  scope: Scope,
  podId: string,
  ids: readonly string[],
  why: Held,
): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    update outbound_deliveries as d set held_at = coalesce(held_at, case when ${why === "paused"} then now() end),
      next_attempt_at = now() + make_interval(secs => ${HELD_COPIES_SECONDS}), detail = ${sentences[why]}
    where d.pod_id = ${podId} and d.id = ${anyOf(ids)} and ${waiting} and d.next_attempt_at <= now()`.execute(
    tx.within(scope),
  );
}
