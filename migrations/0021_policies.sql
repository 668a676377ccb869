-- Policies: what an organization lets the inboxes of its pods send, receive and keep; and what is counted to hold them to it.

-- `limits` holds what is set, under the names of src/domain/guardrails/policies; what is absent is inherited from the installation.
create table policies (
  id uuid primary key,
  organization_id uuid not null references organizations (id),
  -- Always null: a policy belongs to the organization, and a pod's requests see only their own, by rookery_policy_of.
  pod_id uuid check (pod_id is null),
  name text not null,
  limits jsonb not null,
  options jsonb not null,
  spam_detection jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index policies_by_organization on policies (organization_id, created_at, id);
select rookery_isolate('policies', inbox => null);

-- One that is attached cannot be deleted.
alter table pods add constraint pods_policy_id_fkey foreign key (policy_id) references policies (id);
create index pods_by_policy on pods (organization_id, policy_id) where policy_id is not null;

-- The policy of a pod inside the scope, which is hidden from the pod's own requests: this runs as rookery_worker. What depends on
-- the session is asked for once: a statement may run on another node.
create function rookery_policy_of(pod uuid) returns setof policies language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare
  organization constant uuid := rookery_organization();
  attached uuid;
begin
  if pod is distinct from coalesce(rookery_pod(), pod) then
    return;
  end if;
  select p.policy_id into attached from pods as p where p.id = pod and p.organization_id = organization;
  return query select * from policies as y where y.id = attached and y.organization_id = organization;
end
$$;
revoke all on function rookery_policy_of(uuid) from public;
grant execute on function rookery_policy_of(uuid) to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_policy_of(uuid) owner to rookery_worker;
revoke create on schema public from rookery_worker;

-- A policy of the organization by its id, for requests of its keys about one pod or inbox, to which all but the attached are hidden:
-- the caller holds the key to what it may see.
create function rookery_policy_named(policy uuid) returns setof policies language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare
  organization constant uuid := rookery_organization();
begin
  return query select * from policies as y where y.id = policy and y.organization_id = organization;
end
$$;
revoke all on function rookery_policy_named(uuid) from public;
grant execute on function rookery_policy_named(uuid) to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_policy_named(uuid) owner to rookery_worker;
revoke create on schema public from rookery_worker;

-- What an inbox has sent: today, and in windows that end now. A window is 60 equal parts and the one that is under way, each an
-- element of its array, oldest first; `minute_part` and its like name the newest part, in parts since 1970. One row for each inbox:
-- its lock is what makes the count exact over processes, and deleting mail does not touch it.
create table send_counts (
  pod_id uuid not null,
  inbox_id uuid not null,
  organization_id uuid not null,
  day date not null,
  sent integer not null,
  new_recipients integer not null,
  -- Whether sent_recipients has everybody that the inbox wrote to.
  knows_recipients boolean not null,
  minute_part bigint not null,
  minute integer[] not null,
  five_minutes_part bigint not null,
  five_minutes integer[] not null,
  hour_part bigint not null,
  hour integer[] not null,
  thirty_days_part bigint not null,
  thirty_days integer[] not null,
  primary key (pod_id, inbox_id),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade
);
select rookery_isolate('send_counts');

-- Whom an inbox has written to, as far as a policy bounds new recipients; no more a day than that bound.
create table sent_recipients (
  pod_id uuid not null,
  inbox_id uuid not null,
  organization_id uuid not null,
  recipient text collate "C" not null,
  primary key (pod_id, inbox_id, recipient),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade
);
select rookery_isolate('sent_recipients');

-- What an inbox has received today. Written by ingest alone, under the inbox's lock, and only where that is bounded.
create table receive_counts (
  pod_id uuid not null,
  inbox_id uuid not null,
  organization_id uuid not null,
  day date not null,
  received integer not null,
  primary key (pod_id, inbox_id),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade
);
select rookery_isolate('receive_counts');

-- Bytes of the messages that an inbox holds, only where that is bounded. `version` is that of the guardrails they were last summed
-- under: while nothing bounds them they are not counted, so after every change they are summed anew.
create table storage_counts (
  pod_id uuid not null,
  inbox_id uuid not null,
  organization_id uuid not null,
  bytes bigint not null,
  version text not null,
  primary key (pod_id, inbox_id),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade
);
select rookery_isolate('storage_counts');

-- What retention deletes of junk and trash, by the time of its last change: when it was thrown away. Most mail is neither.
create index messages_junk on messages (pod_id, updated_at)
  where labels && array['spam', 'blocked', 'unauthenticated', 'trash'];

-- A window moved on to `part`: what is older is dropped, what is new is empty.
create function rookery_window(counts integer[], from_part bigint, to_part bigint) returns integer[] language sql immutable
  return case when to_part <= from_part then counts
    when to_part - from_part >= 61 then array_fill(0, array[61])
    else counts[(to_part - from_part + 1)::integer:61] || array_fill(0, array[(to_part - from_part)::integer]) end;

-- The seconds since 1970 at which a window has room for one more, of at most `most`, with parts of `seconds`; null: never.
create function rookery_window_ends(counts integer[], part bigint, seconds integer, most bigint) returns double precision
language plpgsql immutable as $$
declare
  total bigint := (select sum(n) from unnest(counts) as n);
begin
  for place in 1..61 loop
    total := total - counts[place];
    if total < most then
      -- A part is counted until 61 newer ones have begun.
      return (part + place) * seconds;
    end if;
  end loop;
  return null;
end
$$;

-- Counts of an inbox that has sent nothing, at a moment.
create function rookery_no_sends(pod uuid, inbox uuid, organization uuid, at timestamptz) returns send_counts language plpgsql stable as $$
declare
  now_at constant bigint := floor(extract(epoch from at));
  none constant integer[] := array_fill(0, array[61]);
  c send_counts%rowtype;
begin
  c.pod_id := pod;
  c.inbox_id := inbox;
  c.organization_id := organization;
  c.day := (at at time zone 'UTC')::date;
  c.sent := 0;
  c.new_recipients := 0;
  c.knows_recipients := false;
  c.minute_part := now_at;
  c.minute := none;
  c.five_minutes_part := now_at / 5;
  c.five_minutes := none;
  c.hour_part := now_at / 60;
  c.hour := none;
  c.thirty_days_part := now_at / 43200;
  c.thirty_days := none;
  return c;
end
$$;

-- Counts moved on to a moment. Time never goes back, though clocks of processes differ.
create function rookery_sends_at(c send_counts, at timestamptz) returns send_counts language plpgsql stable as $$
declare
  now_at constant bigint := floor(extract(epoch from at));
begin
  if (at at time zone 'UTC')::date > c.day then
    c.day := (at at time zone 'UTC')::date;
    c.sent := 0;
    c.new_recipients := 0;
  end if;
  c.minute := rookery_window(c.minute, c.minute_part, now_at);
  c.five_minutes := rookery_window(c.five_minutes, c.five_minutes_part, now_at / 5);
  c.hour := rookery_window(c.hour, c.hour_part, now_at / 60);
  c.thirty_days := rookery_window(c.thirty_days, c.thirty_days_part, now_at / 43200);
  c.minute_part := greatest(c.minute_part, now_at);
  c.five_minutes_part := greatest(c.five_minutes_part, now_at / 5);
  c.hour_part := greatest(c.hour_part, now_at / 60);
  c.thirty_days_part := greatest(c.thirty_days_part, now_at / 43200);
  return c;
end
$$;

-- The cap that one more send would exceed, beside these counts; null: none. The parts of windows are of 1, 5, 60 and 43200 seconds.
create function rookery_exceeded(
  c send_counts, per_minute bigint, per_five_minutes bigint, per_hour bigint, per_day bigint, per_thirty_days bigint,
  added bigint, new_per_day bigint, out exceeded text, out used bigint, out resets_at timestamptz
) language plpgsql stable as $$
declare
  midnight constant timestamptz := ((c.day + 1)::timestamp) at time zone 'UTC';
begin
  -- The longest first: what ends last is what the caller must wait for.
  if per_thirty_days is not null then
    used := (select sum(n) from unnest(c.thirty_days) as n);
    if used >= per_thirty_days then
      exceeded := 'sentPerThirtyDays';
      resets_at := to_timestamp(rookery_window_ends(c.thirty_days, c.thirty_days_part, 43200, per_thirty_days));
      return;
    end if;
  end if;
  if c.sent >= per_day then
    exceeded := 'sentPerDay'; used := c.sent; resets_at := case when per_day > 0 then midnight end;
    return;
  end if;
  if per_hour is not null then
    used := (select sum(n) from unnest(c.hour) as n);
    if used >= per_hour then
      exceeded := 'sentPerHour'; resets_at := to_timestamp(rookery_window_ends(c.hour, c.hour_part, 60, per_hour));
      return;
    end if;
  end if;
  if per_five_minutes is not null then
    used := (select sum(n) from unnest(c.five_minutes) as n);
    if used >= per_five_minutes then
      exceeded := 'sentPerFiveMinutes';
      resets_at := to_timestamp(rookery_window_ends(c.five_minutes, c.five_minutes_part, 5, per_five_minutes));
      return;
    end if;
  end if;
  if per_minute is not null then
    used := (select sum(n) from unnest(c.minute) as n);
    if used >= per_minute then
      exceeded := 'sentPerMinute'; resets_at := to_timestamp(rookery_window_ends(c.minute, c.minute_part, 1, per_minute));
      return;
    end if;
  end if;
  used := null;
  if c.new_recipients + added > new_per_day then
    exceeded := 'newRecipientsPerDay'; used := c.new_recipients; resets_at := case when new_per_day > 0 then midnight end;
  end if;
end
$$;

-- Counts with one send more, in the newest part of each window.
create function rookery_one_sent(c send_counts, added bigint) returns send_counts language plpgsql immutable as $$
begin
  c.sent := c.sent + 1;
  c.new_recipients := c.new_recipients + added;
  c.minute[61] := c.minute[61] + 1;
  c.five_minutes[61] := c.five_minutes[61] + 1;
  c.hour[61] := c.hour[61] + 1;
  c.thirty_days[61] := c.thirty_days[61] + 1;
  return c;
end
$$;

-- What a send at a moment would have exceeded beside counts that are nobody's row, and these with it when that is nothing: for trials.
-- `counts` null: nothing was sent before.
create function rookery_try_send(
  inout counts jsonb, at timestamptz, added bigint, per_minute bigint, per_five_minutes bigint, per_hour bigint, per_day bigint,
  per_thirty_days bigint, new_per_day bigint, out exceeded text, out used bigint, out resets_at timestamptz
) language plpgsql stable as $$
declare
  c send_counts%rowtype;
begin
  if counts is null then
    c := rookery_no_sends(null, null, null, at);
  else
    c := jsonb_populate_record(null::send_counts, counts);
  end if;
  c := rookery_sends_at(c, at);
  select e.exceeded, e.used, e.resets_at into exceeded, used, resets_at from rookery_exceeded(
    c, per_minute, per_five_minutes, per_hour, per_day, per_thirty_days, added, new_per_day) as e;
  if exceeded is null then
    c := rookery_one_sent(c, added);
  end if;
  counts := to_jsonb(c);
end
$$;

-- Counts a send of an inbox, whatever is bounded, and says what it would exceed: then the caller rolls back, and nothing was counted.
-- Null bounds nothing. The last statement of a send: the lock of the counts is held until its commit, and no other after it.
-- `message` is stored already, with its thread and copies.
create function rookery_count_send(
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
        select distinct pod, inbox, organization, lower(d.recipient) from outbound_deliveries as d
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
revoke all on function rookery_count_send(uuid, uuid, uuid, timestamptz, uuid, bigint, text[], text,
  bigint, bigint, bigint, bigint, bigint, bigint, bigint) from public;
grant execute on function rookery_count_send(uuid, uuid, uuid, timestamptz, uuid, bigint, text[], text,
  bigint, bigint, bigint, bigint, bigint, bigint, bigint) to rookery_app, rookery_worker;
