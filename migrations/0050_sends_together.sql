-- What sends ask and count, for those that share a transaction: one call for all, which makes a plan of each statement once and keeps it.

create index list_entries_on_sends on list_entries (organization_id) where direction = 'send';

-- As rookery_listed for sends, for many inboxes; where nobody has such an entry it ends after one look at an index.
create function rookery_send_lists(asked json)
returns table (at integer, level integer, list_type text, entry text, cause text)
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  organization constant uuid := rookery_organization();
  own_pod constant uuid := rookery_pod();
  own_inbox constant uuid := rookery_inbox();
begin
  if not exists (select from list_entries as e where e.organization_id = organization and e.direction = 'send') then
    return;
  end if;
  return query
    select s.at, l.* from json_to_recordset(asked) as s (at integer, pod uuid, inbox uuid, names text[])
    cross join lateral (
      select 0, e.list_type, e.entry, null from list_entries as e
      where e.organization_id = organization and e.pod_id = s.pod and e.inbox_id = s.inbox
        and e.direction = 'send' and e.list_type in ('allow', 'block') and e.entry = any (s.names)
      union all
      select 1, e.list_type, e.entry, e.cause from list_entries as e
      where e.organization_id = organization and e.pod_id = s.pod and e.inbox_id is null
        and e.direction = 'send' and e.list_type in ('allow', 'block') and e.entry = any (s.names)
      union all
      select 2, e.list_type, e.entry, null from list_entries as e
      where e.organization_id = organization and e.pod_id is null and e.inbox_id is null
        and e.direction = 'send' and e.list_type in ('allow', 'block') and e.entry = any (s.names)
      union all
      (select 0, e.list_type, null, null from list_entries as e
      where e.organization_id = organization and e.pod_id = s.pod and e.inbox_id = s.inbox
        and e.direction = 'send' and e.list_type = 'allow' limit 1)
      union all
      (select 1, e.list_type, null, null from list_entries as e
      where e.organization_id = organization and e.pod_id = s.pod and e.inbox_id is null
        and e.direction = 'send' and e.list_type = 'allow' limit 1)
      union all
      (select 2, e.list_type, null, null from list_entries as e
      where e.organization_id = organization and e.pod_id is null and e.inbox_id is null
        and e.direction = 'send' and e.list_type = 'allow' limit 1)) as l
    where s.pod = coalesce(own_pod, s.pod) and s.inbox = coalesce(own_inbox, s.inbox);
end
$$;

-- As rookery_ways, for many inboxes: those of the domains that are hosted here, and for each inbox whether it or its pod is suspended.
create function rookery_hosted(names text[]) returns setof text
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  organization constant uuid := rookery_organization();
begin
  return query select wanted.host from unnest(names) as wanted (host)
    where (exists (select from addresses as a where a.organization_id = organization and split_part(a.address, '@', 2) = wanted.host)
      or exists (select from domains as d where d.domain = wanted.host and d.status = 'VERIFIED'))
      and not exists (select from domains as d where d.domain = wanted.host and d.status = 'VERIFIED' and not d.inbound_enabled);
end
$$;

create function rookery_suspensions(pods uuid[], inboxes uuid[])
returns table (inbox uuid, suspended text, reason text)
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
  return query select asked.inbox, case when s.suspended_at is not null then 'pod' else 'inbox' end,
    case when s.suspended_at is not null then s.reason else i.reason end
  from unnest(pods, inboxes) as asked (pod, inbox)
  left join outbound_standing as s on s.pod_id = asked.pod
  left join outbound_inbox_standing as i on i.pod_id = asked.pod and i.inbox_id = asked.inbox
  where s.suspended_at is not null or i.suspended_until > now();
end
$$;

do $$
declare name text;
begin
  grant create on schema public to rookery_worker;
  foreach name in array array['rookery_send_lists(json)', 'rookery_hosted(text[])', 'rookery_suspensions(uuid[], uuid[])'] loop
    execute format('revoke all on function %s from public', name);
    execute format('grant execute on function %s to rookery_app, rookery_worker', name);
    execute format('alter function %s owner to rookery_worker', name);
  end loop;
  revoke create on schema public from rookery_worker;
end
$$;

-- As rookery_count_send, which the version before calls, but before the message is stored, and for many sends in the order in which they
-- are given: what is counted of one counts for those behind it. With `waits` false, `exceeded` is 'busy' for an inbox whose counts somebody else has locked.
create function rookery_count_sends(sends json, waits boolean)
returns table (place integer, exceeded text, used bigint, resets_at timestamptz)
language plpgsql as $$
declare
  s record;
  c send_counts%rowtype;
  held storage_counts%rowtype;
  added bigint;
begin
  for s in select * from json_to_recordset(sends) as sent (at integer, pod uuid, inbox uuid, organization uuid, sent_at timestamptz,
    bytes bigint, recipients text[], version text, per_minute bigint, per_five_minutes bigint, per_hour bigint, per_day bigint,
    per_thirty_days bigint, new_per_day bigint, storage bigint)
  loop
    place := s.at; exceeded := null; used := null; resets_at := null; added := 0;
    -- Before its counts, as a deletion of it locks them: else each would wait for the other.
    if waits then
      perform from inboxes as i where i.pod_id = s.pod and i.id = s.inbox for key share;
    else
      perform from inboxes as i where i.pod_id = s.pod and i.id = s.inbox for key share skip locked;
      if not found then
        exceeded := 'busy';
        return next;
        continue;
      end if;
    end if;
    for attempt in 1..2 loop
      if waits then
        select * into c from send_counts where pod_id = s.pod and inbox_id = s.inbox for update;
      else
        select * into c from send_counts where pod_id = s.pod and inbox_id = s.inbox for update skip locked;
      end if;
      exit when found or attempt = 2;
      insert into send_counts select (rookery_no_sends(s.pod, s.inbox, s.organization, s.sent_at)).* on conflict do nothing;
    end loop;
    if c.inbox_id is distinct from s.inbox then
      exceeded := 'busy';
      return next;
      continue;
    end if;
    c := rookery_sends_at(c, s.sent_at);
    select e.exceeded, e.used, e.resets_at into exceeded, used, resets_at from rookery_exceeded(
      c, s.per_minute, s.per_five_minutes, s.per_hour, s.per_day, s.per_thirty_days, 0, null) as e;
    if exceeded is not null then
      return next;
      continue;
    end if;

    if s.new_per_day is null then
      -- Not kept up from here on; asked for again, it is made anew.
      c.knows_recipients := false;
    else
      if not c.knows_recipients then
        insert into sent_recipients (pod_id, inbox_id, organization_id, recipient)
        select distinct s.pod, s.inbox, s.organization, lower(r) from outbound_deliveries as d
        cross join lateral unnest(coalesce(d.recipients, array[d.recipient])) as r
        where d.pod_id = s.pod and d.inbox_id = s.inbox
        on conflict do nothing;
        c.knows_recipients := true;
        update send_counts set knows_recipients = true where pod_id = s.pod and inbox_id = s.inbox;
      end if;
      select count(*) into added from (select distinct lower(r) as recipient from unnest(s.recipients) as r) as wanted
        where not exists (select from sent_recipients as known
          where known.pod_id = s.pod and known.inbox_id = s.inbox and known.recipient = wanted.recipient);
      select e.exceeded, e.used, e.resets_at into exceeded, used, resets_at from rookery_exceeded(
        c, null, null, null, null, null, added, s.new_per_day) as e;
      if exceeded is not null then
        return next;
        continue;
      end if;
    end if;

    if s.storage is not null then
      select * into held from storage_counts where pod_id = s.pod and inbox_id = s.inbox for update;
      if held.version is distinct from s.version then
        held.bytes := coalesce((select sum(t.size) from threads as t where t.pod_id = s.pod and t.inbox_id = s.inbox), 0);
      end if;
      if held.bytes + s.bytes > s.storage then
        exceeded := 'storageBytes'; used := held.bytes;
        return next;
        continue;
      end if;
      insert into storage_counts as known (pod_id, inbox_id, organization_id, bytes, version)
      values (s.pod, s.inbox, s.organization, held.bytes + s.bytes, s.version)
      on conflict (pod_id, inbox_id) do update set bytes = excluded.bytes, version = excluded.version;
    end if;

    if added > 0 then
      insert into sent_recipients (pod_id, inbox_id, organization_id, recipient)
      select distinct s.pod, s.inbox, s.organization, lower(r) from unnest(s.recipients) as r
      on conflict do nothing;
    end if;
    c := rookery_one_sent(c, added);
    update send_counts set day = c.day, sent = c.sent, new_recipients = c.new_recipients, knows_recipients = c.knows_recipients,
      minute_part = c.minute_part, minute = c.minute, five_minutes_part = c.five_minutes_part, five_minutes = c.five_minutes,
      hour_part = c.hour_part, hour = c.hour, thirty_days_part = c.thirty_days_part, thirty_days = c.thirty_days
    where pod_id = s.pod and inbox_id = s.inbox;
    used := null;
    return next;
  end loop;
end
$$;
revoke all on function rookery_count_sends(json, boolean) from public;
grant execute on function rookery_count_sends(json, boolean) to rookery_app, rookery_worker;
