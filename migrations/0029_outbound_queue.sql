-- The queue of mail for other servers: one row for each message and domain of recipients. See docs/decisions/0038-outbound-queue.md.

-- A copy for an inbox here, or one that nobody has looked at yet, names its recipient. A row for another server names the domain and all
-- recipients there, each with its own outcome.
alter table outbound_deliveries
  alter column recipient drop not null,
  add column domain text,
  add column recipients text[],
  -- [{address, state, code, enhancedCode, reply}] of those that were tried.
  add column outcomes jsonb,
  -- What the other server said last, and what it was.
  add column reply text,
  add column reply_code integer,
  add column enhanced_code text,
  add column mx text,
  add column mx_address text,
  add column tls text,
  add column attempted_at timestamptz,
  -- When it is given up.
  add column expires_at timestamptz,
  -- Attempts whose outcome nobody knows: their process ended before it was recorded. Each may have been accepted.
  add column doubts integer not null default 0,
  drop constraint outbound_deliveries_state_check,
  add constraint outbound_deliveries_state_check check (state in
    ('queued', 'sending', 'deferred', 'sent', 'delivered', 'bounced', 'failed', 'captured')),
  add constraint outbound_deliveries_recipients_check check (
    (domain is null) = (recipients is null) and (domain is null) = (recipient is not null) and (domain is null) = (expires_at is null));

-- Those that wait, and those that are being sent: the time of the latter's next attempt is the end of their lease.
create index outbound_deliveries_due on outbound_deliveries (pod_id, next_attempt_at)
  where domain is not null and state in ('queued', 'sending', 'deferred');
create index outbound_deliveries_by_domain on outbound_deliveries (pod_id, domain, next_attempt_at)
  where domain is not null and state in ('queued', 'sending', 'deferred');
drop index outbound_deliveries_queued;
create index outbound_deliveries_queued on outbound_deliveries (pod_id, message_uuid) where domain is null and state = 'queued';
drop index outbound_deliveries_by_blob;
create index outbound_deliveries_by_blob on outbound_deliveries (pod_id, raw_sha256) where state in ('queued', 'sending', 'deferred');
-- Lists by age, as ids are UUIDv7; those of a pod are by the primary key. The first also finds a row that moved to another pod.
create index outbound_deliveries_by_organization on outbound_deliveries (organization_id, id);
create index outbound_deliveries_by_inbox on outbound_deliveries (pod_id, inbox_id, id);

-- What waits keeps its bytes: as the view is now, other tables among those it names.
do $$
declare definition constant text := pg_get_viewdef('rookery_blob_references'::regclass);
begin
  if position('state = ''queued''::text' in definition) = 0 then
    raise exception 'rookery_blob_references does not name queued copies';
  end if;
  execute 'create or replace view rookery_blob_references with (security_invoker = true) as '
    || replace(definition, 'state = ''queued''::text', 'state in (''queued'', ''sending'', ''deferred'')');
end
$$;

-- Recipients at other servers, by the minute in which it was known what became of them. Of these bounce and complaint rates are made.
create table outbound_counts (
  pod_id uuid not null references pods (id) on delete cascade,
  inbox_id uuid not null,
  minute timestamptz not null,
  organization_id uuid not null,
  sent integer not null,
  bounced integer not null,
  complained integer not null,
  primary key (pod_id, inbox_id, minute)
);
select rookery_isolate('outbound_counts');
select rookery_moves_with_inbox('outbound_counts');
create index outbound_counts_by_pod on outbound_counts (pod_id, minute);
create index outbound_counts_by_organization on outbound_counts (organization_id, minute);

-- Pods whose mail to other servers was questioned or stopped because of their rates. Counts from before `counted_from` are forgiven.
create table outbound_standing (
  pod_id uuid primary key references pods (id) on delete cascade,
  organization_id uuid not null,
  warned_at timestamptz,
  suspended_at timestamptz,
  reason text,
  counted_from timestamptz
);
select rookery_isolate('outbound_standing', inbox => null);

-- For a send: those of the domains that have an inbox here or are somebody's here, whose recipients are looked up one by one; and whether
-- the pod may write to other servers. Other tenants' inboxes count, and keys of an inbox may not read the latter: it runs as rookery_worker.
create function rookery_ways(pod uuid, names text[], out hosted text[], out suspended_at timestamptz, out reason text)
language sql stable security definer set search_path = public, pg_temp as $$
  select array(select name from unnest(names) as name
    where exists (select from addresses where organization_id = rookery_organization() and split_part(address, '@', 2) = name)
      or exists (select from domains where domain = name)), s.suspended_at, s.reason
  from (select 1) as one left join outbound_standing as s on s.pod_id = pod
$$;
revoke all on function rookery_ways(uuid, text[]) from public;
grant execute on function rookery_ways(uuid, text[]) to rookery_app, rookery_worker;

-- How much a pod sent to other servers from a domain of its senders today, since the first day: what a warm-up bounds.
create table outbound_warm_ups (
  pod_id uuid not null references pods (id) on delete cascade,
  domain text not null,
  organization_id uuid not null,
  first_day date not null,
  day date not null,
  sent integer not null,
  primary key (pod_id, domain)
);
select rookery_isolate('outbound_warm_ups', inbox => null);

-- As before, with everybody that a row is for.
create or replace function rookery_count_send(
  pod uuid, inbox uuid, organization uuid, at timestamptz, message uuid, message_bytes bigint, recipients text[], version text,
  per_minute bigint, per_five_minutes bigint, per_hour bigint, per_day bigint, per_thirty_days bigint, new_per_day bigint,
  storage bigint, out exceeded text, out used bigint, out resets_at timestamptz
) language plpgsql as $$
declare
  c send_counts%rowtype;
  held storage_counts%rowtype;
  added bigint := 0;
begin
  select * into c from send_counts where pod_id = pod and inbox_id = inbox for update;
  if not found then
    insert into send_counts select (rookery_no_sends(pod, inbox, organization, at)).* on conflict do nothing;
    select * into c from send_counts where pod_id = pod and inbox_id = inbox for update;
  end if;
  c := rookery_sends_at(c, at);
  select e.exceeded, e.used, e.resets_at into exceeded, used, resets_at from rookery_exceeded(
    c, per_minute, per_five_minutes, per_hour, per_day, per_thirty_days, 0, null) as e;
  if exceeded is not null then
    return;
  end if;

  if new_per_day is null then
    -- Not kept up from here on; asked for again, it is made anew.
    c.knows_recipients := false;
  else
    if not c.knows_recipients then
      with known as (
        insert into sent_recipients (pod_id, inbox_id, organization_id, recipient)
        select distinct pod, inbox, organization, lower(r) from outbound_deliveries as d
        cross join lateral unnest(coalesce(d.recipients, array[d.recipient])) as r
        where d.pod_id = pod and d.inbox_id = inbox and d.message_uuid <> message
        on conflict do nothing returning 1)
      select count(*) into added from known;
      c.knows_recipients := true;
    end if;
    with fresh as (
      insert into sent_recipients (pod_id, inbox_id, organization_id, recipient)
      select distinct pod, inbox, organization, lower(r) from unnest(recipients) as r
      on conflict do nothing returning 1)
    select count(*) into added from fresh;
    select e.exceeded, e.used, e.resets_at into exceeded, used, resets_at from rookery_exceeded(
      c, null, null, null, null, null, added, new_per_day) as e;
    if exceeded is not null then
      return;
    end if;
  end if;

  if storage is not null then
    select * into held from storage_counts where pod_id = pod and inbox_id = inbox for update;
    if held.version is distinct from version then
      -- With the message itself.
      held.bytes := coalesce((select sum(t.size) from threads as t where t.pod_id = pod and t.inbox_id = inbox), 0);
    else
      held.bytes := held.bytes + message_bytes;
    end if;
    if held.bytes > storage then
      exceeded := 'storageBytes'; used := held.bytes - message_bytes;
      return;
    end if;
    insert into storage_counts as s (pod_id, inbox_id, organization_id, bytes, version)
    values (pod, inbox, organization, held.bytes, version)
    on conflict (pod_id, inbox_id) do update set bytes = excluded.bytes, version = excluded.version;
  end if;

  c := rookery_one_sent(c, added);
  update send_counts set day = c.day, sent = c.sent, new_recipients = c.new_recipients, knows_recipients = c.knows_recipients,
    minute_part = c.minute_part, minute = c.minute, five_minutes_part = c.five_minutes_part, five_minutes = c.five_minutes,
    hour_part = c.hour_part, hour = c.hour, thirty_days_part = c.thirty_days_part, thirty_days = c.thirty_days
  where pod_id = pod and inbox_id = inbox;
  used := null;
end
$$;

-- As before, with what waits for other servers.
create or replace function rookery_move_rest(source uuid, target uuid, inbox_ids uuid[], most integer) returns boolean language plpgsql as $$
declare
  table_name text;
  box uuid;
  moved bigint;
  more boolean := false;
  queued uuid[];
begin
  foreach table_name in array rookery_moving_tables() loop
    if to_regclass(table_name) is null then
      continue;
    end if;
    if exists (select from pg_attribute where attrelid = table_name::regclass and attname = 'id' and not attisdropped) then
      for box in select unnest(inbox_ids) loop
        moved := rookery_move_of_inbox(table_name, source, target, box, most);
        more := more or moved = most;
      end loop;
    else
      perform rookery_drop_rows(table_name, source, 'inbox_id', inbox_ids,
        rookery_copy_rows(table_name, source, target, 'inbox_id', inbox_ids));
    end if;
  end loop;
  -- Copies still to be delivered of messages that were deleted. Of those that are settled the sweep deletes what is left.
  queued := array(select id from outbound_deliveries
    where pod_id = source and inbox_id = any (inbox_ids)
      and state in ('queued', 'sending', 'deferred') order by message_uuid limit most);
  insert into blobs (pod_id, sha256, organization_id, size, content, created_at)
  select target, b.sha256, b.organization_id, b.size, b.content, b.created_at from blobs as b
  where b.pod_id = source and b.sha256 in (
    select raw_sha256 from outbound_deliveries where pod_id = source and id = any (queued))
  on conflict do nothing;
  perform rookery_drop_rows('outbound_deliveries', source, 'id', queued,
    rookery_copy_rows('outbound_deliveries', source, target, 'id', queued));
  return more or cardinality(queued) = most;
end
$$;
