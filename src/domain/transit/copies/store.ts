/** SQL of outgoing copies: one row for each recipient that may be here, one for each domain of the others. */
import { sql } from "kysely";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import { MAX_WAIT_FOR_INBOX_MS } from "../../limits.ts";
import { hex } from "../../mail/blobs/rows.ts";
import type { NewMessage } from "../../mail/messages/index.ts";
import type { QueuedFor } from "./domain.ts";

/** Where the recipients of a send are. */
export interface Ways {
  /** Domains that have an inbox here, or belong to somebody here. */
  readonly hosted: ReadonlySet<string>;
  /** Who may not write to other servers, and why; null: nobody is kept from it. */
  readonly suspended: { readonly who: "pod" | "inbox"; readonly reason: string } | null;
}

/** Domains that an inbox writes to, canonical. */
export interface AskedWays {
  readonly inbox: { readonly podId: string; readonly id: string };
  readonly domains: readonly string[];
}

/** See rookery_hosted and rookery_suspensions in migrations/0050_sends_together.sql. */
export async function findWays(tx: Tx, scope: Scope, asked: readonly AskedWays[]): Promise<readonly Ways[]> {
  const db = tx.within(scope);
  const domains = [...new Set(asked.flatMap((one) => one.domains))];
  const inboxes = [...new Map(asked.map(({ inbox }) => [inbox.id, inbox])).values()];
  const [hosts, suspensions] = await Promise.all([
    sql<{ host: string }>`select host from rookery_hosted(${domains}::text[]) as host`.execute(db),
    sql<{ inbox: string; suspended: "pod" | "inbox"; reason: string }>`select inbox, suspended, reason
      from rookery_suspensions(${inboxes.map(({ podId }) => podId)}::uuid[], ${inboxes.map(({ id }) => id)}::uuid[])`.execute(
      db,
    ),
  ]);
  const hosted = new Set(hosts.rows.map(({ host }) => host));
  const suspended = new Map(
    suspensions.rows.map(({ inbox, suspended: who, reason }) => [inbox, { who, reason }]),
  );
  return asked.map(({ inbox }) => ({ hosted, suspended: suspended.get(inbox.id) ?? null }));
}

/** A message on its way out. */
export interface Outgoing {
  readonly message: NewMessage;
  readonly ways: QueuedFor & { readonly returnPath: string | null };
  readonly newId: () => string;
  readonly now: Date;
}

/** Queues messages: a row for each recipient whose domain is hosted here, and one for each other domain. */
export async function insertOutboundDeliveries(
  tx: Tx,
  scope: AnyScope,
  outgoing: readonly Outgoing[],
): Promise<void> {
  await insertion("outbound_deliveries", outgoing.flatMap(deliveryRows)).execute(tx.within(scope));
}

function deliveryRows({ message, ways, newId, now }: Outgoing): Record<string, unknown>[] {
  const row = {
    pod_id: message.podId,
    organization_id: message.organizationId,
    inbox_id: message.inboxId,
    message_uuid: message.id,
    raw_sha256: hex(message.rawSha256),
    return_path: ways.returnPath,
    state: "queued",
    detail: null,
    created_at: now,
    updated_at: now,
  };
  const expiresAt = new Date(now.getTime() + MAX_WAIT_FOR_INBOX_MS);
  return [
    ...ways.here.map((recipient) => ({
      ...{ ...row, id: newId(), recipient },
      ...{ domain: null, recipients: null, expires_at: null },
    })),
    ...ways.elsewhere.map((own) => ({
      ...{ ...row, id: newId(), recipient: null },
      ...{ domain: own.domain, recipients: own.recipients, expires_at: expiresAt },
    })),
  ];
}

/** A queued copy whose recipient is at another server. */
export interface CopyElsewhere {
  readonly messageUuid: string;
  readonly recipient: string;
  /** Of the recipient. */
  readonly domain: string;
}

/** Makes queued copies of a pod rows for other servers. One that is settled already is left as it is. */
export async function queueElsewhere(
  tx: Tx,
  scope: Scope,
  podId: string,
  copies: readonly CopyElsewhere[],
  newId: () => string,
): Promise<void> {
  const byDomain = Map.groupBy(copies, ({ messageUuid, domain }) => `${messageUuid} ${domain}`);
  const wanted = [...byDomain.values()].flatMap((own) => {
    const id = newId();
    return own.map((copy) => ({ ...copy, id }));
  });
  await sql`
    with wanted as (
      select * from json_to_recordset(${JSON.stringify(wanted)}) as w (id uuid, "messageUuid" uuid, recipient text, domain text)
    ), gone as (
      delete from outbound_deliveries as copies using wanted
      where copies.pod_id = ${podId} and copies.message_uuid = wanted."messageUuid" and copies.recipient = wanted.recipient
        and copies.domain is null and copies.state = 'queued'
      returning copies.*, wanted.id as new_id, wanted.domain as new_domain)
    insert into outbound_deliveries (pod_id, id, organization_id, inbox_id, message_uuid, raw_sha256, return_path, domain, recipients,
      state, created_at, updated_at, expires_at)
    select ${podId}, new_id, organization_id, inbox_id, message_uuid, (array_agg(raw_sha256))[1], min(return_path), new_domain,
      array_agg(recipient order by id), 'queued', min(created_at), min(created_at),
      min(created_at) + make_interval(secs => ${MAX_WAIT_FOR_INBOX_MS / 1000})
    from gone group by new_id, organization_id, inbox_id, message_uuid, new_domain`.execute(tx.within(scope));
}

export interface SettledCopy {
  readonly messageUuid: string;
  readonly recipient: string;
  readonly state: "delivered" | "bounced";
}

/** Moves a pod's queued copies to their outcome. @returns those that were still queued: each is counted once */
export async function settleDeliveries(
  tx: Tx,
  scope: AnyScope,
  podId: string,
  copies: readonly (SettledCopy & { readonly detail: string })[],
  at: Date,
): Promise<readonly SettledCopy[]> {
  const { rows } = await sql<SettledCopy>`
    update outbound_deliveries as copies set state = outcome.state, detail = outcome.detail, updated_at = ${at}
    from json_to_recordset(${JSON.stringify(copies)}) as outcome
      ("messageUuid" uuid, recipient text, state text, detail text)
    where copies.pod_id = ${podId} and copies.message_uuid = outcome."messageUuid"
      and copies.recipient = outcome.recipient and copies.state = 'queued' and copies.domain is null
    returning copies.message_uuid as "messageUuid", copies.recipient, copies.state`.execute(tx.within(scope));
  return rows;
}
