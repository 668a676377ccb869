-- Events for sockets and for consumers that poll. See docs/decisions/0047-live-events.md.

-- Which transaction wrote an event, and what that saw of the others: a reader asks for what became visible since it last looked, whatever
-- the order of commits. Rows from before count as written by the first transaction ever.
alter table events
  add column tx xid8 not null default '3',
  add column snapshot pg_snapshot;
alter table events
  alter column tx set default pg_current_xact_id(),
  alter column snapshot set default pg_current_snapshot();
create index events_by_tx on events (tx, id);

-- Processes that have somebody to tell of events. While there is one, events are announced; without one no commit waits for another's
-- notice. Not of any tenant, local to one node on a distributed PostgreSQL.
create table event_readers (
  id uuid primary key,
  until timestamptz not null
);
alter table event_readers enable row level security;
alter table event_readers force row level security;
create policy worker on event_readers to rookery_worker using (true) with check (true);
grant select, insert, update, delete on event_readers to rookery_worker;
-- Nothing that requests could see.
grant select on event_readers to rookery_app;

-- Subscriptions whose events wait here until a consumer fetches them. Reference table; pod_id / inbox_id name the pod or inbox that it was
-- made in, and pod_ids / inbox_ids what it listens to; both empty means all of its home.
create table polling_webhooks (
  id uuid primary key,
  organization_id uuid not null references organizations (id),
  pod_id uuid,
  inbox_id uuid check (inbox_id is null or pod_id is not null),
  client_id text not null,
  event_types text[] not null,
  pod_ids uuid[] not null,
  inbox_ids uuid[] not null,
  token_sha256 bytea not null,
  -- Of the event that was numbered last.
  last_position bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- Begins with the home, for what goes with it.
  unique nulls not distinct (pod_id, inbox_id, organization_id, client_id)
);
create index polling_webhooks_of_organization on polling_webhooks (organization_id, created_at, id);
select rookery_isolate('polling_webhooks');
select rookery_lives_in_home('polling_webhooks');

-- One row per event and subscription. Numbered when it is first fetched: numbers follow the order in which events became visible, so that
-- a committed offset never passes over one that was committed late.
create table polling_events (
  pod_id uuid not null,
  event_id uuid not null,
  webhook_id uuid not null references polling_webhooks (id) on delete cascade,
  organization_id uuid not null,
  inbox_id uuid,
  position bigint,
  primary key (pod_id, event_id, webhook_id),
  foreign key (pod_id, event_id) references events (pod_id, id) on delete cascade
);
create index polling_events_numbered on polling_events (webhook_id, position);
create index polling_events_new on polling_events (webhook_id, event_id) where position is null;
select rookery_isolate('polling_events');

-- How far each consumer is. Reference table, of the subscription.
create table polling_consumers (
  webhook_id uuid not null references polling_webhooks (id) on delete cascade,
  consumer_id text not null,
  organization_id uuid not null,
  pod_id uuid,
  inbox_id uuid,
  -- Everything up to here is done.
  committed bigint not null,
  -- Everything up to here was handed out, and comes again when the lease is over.
  leased_to bigint not null,
  leased_until timestamptz not null,
  primary key (webhook_id, consumer_id)
);
create index polling_consumers_by_home on polling_consumers (pod_id, inbox_id);
select rookery_isolate('polling_consumers');
select rookery_lives_in_home('polling_consumers');

-- Puts events into the subscriptions that listen to them, and announces that there are events.
create function rookery_offer(emitted json) returns void language plpgsql as $$
begin
  insert into polling_events (pod_id, event_id, webhook_id, organization_id, inbox_id)
  select e."podId", e.id, w.id, w.organization_id, e."inboxId"
  from json_to_recordset(emitted) as e ("podId" uuid, id uuid, "organizationId" uuid, "inboxId" uuid, type text)
  join polling_webhooks as w on w.organization_id = e."organizationId"
    and (w.pod_id is null or w.pod_id = e."podId") and (w.inbox_id is null or w.inbox_id = e."inboxId")
    and e.type = any (w.event_types)
    and ((w.pod_ids = '{}' and w.inbox_ids = '{}') or e."podId" = any (w.pod_ids) or e."inboxId" = any (w.inbox_ids))
  on conflict do nothing;
  if exists (select from event_readers where until > now()) then
    perform pg_notify('rookery_events', '');
  end if;
end
$$;
revoke all on function rookery_offer(json) from public;
grant execute on function rookery_offer(json) to rookery_worker;

-- As before, and with what waits to be fetched.
create or replace function rookery_emit(emitted json) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare listening json;
begin
  -- `role` is the caller's also in here: requests' is rookery_app.
  if current_setting('role') <> 'rookery_worker' and exists (
    select from json_to_recordset(emitted) as e ("podId" uuid, "organizationId" uuid, "inboxId" uuid)
    where "organizationId" is distinct from rookery_organization()
      or (rookery_pod() is not null and "podId" is distinct from rookery_pod())
      or (rookery_inbox() is not null and "inboxId" is distinct from rookery_inbox()))
  then
    raise exception 'an event outside the scope';
  end if;
  insert into events (pod_id, id, organization_id, inbox_id, type, message_uuid, data, created_at)
  select "podId", id, "organizationId", "inboxId", type, "messageUuid", data, at
  from json_to_recordset(emitted) as e ("podId" uuid, id uuid, "organizationId" uuid, "inboxId" uuid, type text, "messageUuid" uuid,
    data jsonb, at timestamptz)
  on conflict do nothing;
  perform rookery_offer(emitted);
  select json_agg(json_build_object('pod_id', e."podId", 'event_id', e.id, 'webhook_id', w.id, 'organization_id', w.organization_id,
    'inbox_id', e."inboxId", 'at', e.at, 'failing', w.failing_since is not null))
  into listening
  from json_to_recordset(emitted) as e ("podId" uuid, id uuid, "organizationId" uuid, "inboxId" uuid, type text, at timestamptz)
  cross join lateral (
    select * from webhooks where pod_id = e."podId"
    union all
    select * from webhooks where pod_id is null and organization_id = e."organizationId"
  ) as w
  where w.enabled and w.organization_id = e."organizationId" and e.type = any (w.event_types)
    and ((w.pod_ids = '{}' and w.inbox_ids = '{}' and (w.inbox_id is null or w.inbox_id = e."inboxId"))
      or e."podId" = any (w.pod_ids) or e."inboxId" = any (w.inbox_ids));
  if listening is null then
    return;
  end if;
  insert into webhook_deliveries (pod_id, event_id, webhook_id, organization_id, inbox_id, state, attempts, next_attempt_at, created_at, updated_at)
  select pod_id, event_id, webhook_id, organization_id, inbox_id, 'pending', 0, now(), at, at
  from json_to_recordset(listening)
    as l (pod_id uuid, event_id uuid, webhook_id uuid, organization_id uuid, inbox_id uuid, at timestamptz)
  on conflict do nothing;
  -- As src/domain/door/due.ts writes and reads them.
  perform pg_notify('rookery_due', (case when failing then 'retries ' else 'webhooks ' end) || pod_id)
  from (select distinct pod_id, failing from json_to_recordset(listening) as l (pod_id uuid, failing boolean)) as due;
end
$$;

-- As before, and with the events that wait for consumers of subscriptions which go on hearing of the inbox.
create or replace function rookery_move_events(source uuid, target uuid, inbox_ids uuid[], most integer, due_after interval) returns boolean
language plpgsql as $$
declare
  moved constant uuid[] := array(
    select id from events where pod_id = source and inbox_id = any (inbox_ids) order by inbox_id, id limit most);
  copied bigint[];
begin
  if moved = '{}' then
    return false;
  end if;
  -- With their attempts, which point at them.
  delete from webhook_deliveries as d where d.pod_id = source and d.event_id = any (moved) and not exists (
    select from webhooks as w where w.id = d.webhook_id and (w.pod_id is null or w.inbox_id = d.inbox_id));
  delete from polling_events as d where d.pod_id = source and d.event_id = any (moved) and not exists (
    select from polling_webhooks as w where w.id = d.webhook_id and (w.pod_id is null or w.inbox_id = d.inbox_id));
  copied := array[rookery_copy_rows('events', source, target, 'id', moved),
    rookery_copy_rows('webhook_deliveries', source, target, 'event_id', moved),
    rookery_copy_rows('webhook_attempts', source, target, 'event_id', moved),
    rookery_copy_rows('polling_events', source, target, 'event_id', moved)];
  perform rookery_drop_rows('polling_events', source, 'event_id', moved, copied[4]);
  perform rookery_drop_rows('webhook_attempts', source, 'event_id', moved, copied[3]);
  perform rookery_drop_rows('webhook_deliveries', source, 'event_id', moved, copied[2]);
  perform rookery_drop_rows('events', source, 'id', moved, copied[1]);
  update webhook_deliveries set next_attempt_at = greatest(next_attempt_at, now() + due_after)
  where pod_id = target and event_id = any (moved) and state = 'pending';
  return exists (select from events where pod_id = source and inbox_id = any (inbox_ids));
end
$$;

-- An id of version 7 (RFC 9562), for rows that a statement makes of others.
create function rookery_new_id() returns uuid language sql volatile return
  encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid;
revoke all on function rookery_new_id() from public;
grant execute on function rookery_new_id() to rookery_app, rookery_worker;
