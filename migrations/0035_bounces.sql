-- Bounces and complaints that come back as mail, and what they lead to. See docs/decisions/0042-bounces.md.

alter table outbound_deliveries
  -- Host of the envelope sender (RFC 5321 section 4.4); null: that of the inbox's own domain.
  add column return_path text,
  -- What came back of recipients that another server had taken: [{address, state, code, enhancedCode, reply}], the states bounced and
  -- complained. Apart from `outcomes`, which an attempt that is under way at others of the same delivery writes as it knew them.
  add column returns jsonb,
  -- The worst of those states.
  add column returned text check (returned in ('bounced', 'complained')),
  drop constraint outbound_deliveries_state_check,
  add constraint outbound_deliveries_state_check check (state in
    ('queued', 'sending', 'deferred', 'sent', 'complained', 'delivered', 'bounced', 'failed', 'captured'));

-- Addresses that are suppressed for a pod stand on its list of blocked recipients, as the vendor has it. `cause` says why; null: a caller put
-- the entry there, and may take it off.
alter table list_entries
  add column cause text check (cause in ('bounce', 'complaint', 'unsubscribe', 'manual')),
  add constraint list_entries_cause_check1 check (
    cause is null or (pod_id is not null and inbox_id is null and direction = 'send' and list_type = 'block'));
-- Pages of them, where a caller's own entries may be many more.
create index list_entries_suppressed on list_entries (pod_id, entry) where cause is not null;

-- As before, with the cause of what is suppressed.
drop function rookery_listed(uuid, uuid, text, text[]);
create function rookery_listed(pod uuid, inbox uuid, asked text, names text[])
returns table (level integer, list_type text, entry text, cause text) language plpgsql stable security definer
set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  organization constant uuid := rookery_organization();
begin
  if pod is distinct from coalesce(rookery_pod(), pod) or inbox is distinct from coalesce(rookery_inbox(), inbox) then
    return;
  end if;
  return query
    select 0, e.list_type, e.entry, null from list_entries as e
    where e.organization_id = organization and e.pod_id = pod and e.inbox_id = inbox
      and e.direction = asked and e.list_type in ('allow', 'block') and e.entry = any (names)
    union all
    select 1, e.list_type, e.entry, e.cause from list_entries as e
    where e.organization_id = organization and e.pod_id = pod and e.inbox_id is null
      and e.direction = asked and e.list_type in ('allow', 'block') and e.entry = any (names)
    union all
    select 2, e.list_type, e.entry, null from list_entries as e
    where e.organization_id = organization and e.pod_id is null and e.inbox_id is null
      and e.direction = asked and e.list_type in ('allow', 'block') and e.entry = any (names)
    union all
    (select 0, e.list_type, null, null from list_entries as e
    where e.organization_id = organization and e.pod_id = pod and e.inbox_id = inbox
      and e.direction = asked and e.list_type = 'allow' limit 1)
    union all
    (select 1, e.list_type, null, null from list_entries as e
    where e.organization_id = organization and e.pod_id = pod and e.inbox_id is null
      and e.direction = asked and e.list_type = 'allow' limit 1)
    union all
    (select 2, e.list_type, null, null from list_entries as e
    where e.organization_id = organization and e.pod_id is null and e.inbox_id is null
      and e.direction = asked and e.list_type = 'allow' limit 1);
end
$$;
revoke all on function rookery_listed(uuid, uuid, text, text[]) from public;
grant execute on function rookery_listed(uuid, uuid, text, text[]) to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_listed(uuid, uuid, text, text[]) owner to rookery_worker;
revoke create on schema public from rookery_worker;

-- As outbound_standing, of one inbox. Its suspension ends at `suspended_until`, if nobody ends it before.
create table outbound_inbox_standing (
  pod_id uuid not null,
  inbox_id uuid not null,
  organization_id uuid not null,
  suspended_at timestamptz,
  suspended_until timestamptz,
  reason text,
  counted_from timestamptz,
  primary key (pod_id, inbox_id),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade
);
select rookery_isolate('outbound_inbox_standing');
select rookery_moves_with_inbox('outbound_inbox_standing');

-- As the function of the same name for a pod alone, which the version before calls, with the inbox that sends.
create function rookery_ways(pod uuid, inbox uuid, names text[], out hosted text[], out suspended text, out reason text)
language sql stable security definer set search_path = public, pg_temp as $$
  -- Of each name that is asked for: `name` is also a column of domains, what people call one.
  select array(select wanted.host from unnest(names) as wanted (host)
    where exists (select from addresses as a where a.organization_id = rookery_organization() and split_part(a.address, '@', 2) = wanted.host)
      or exists (select from domains as d where d.domain = wanted.host and d.status = 'VERIFIED')),
    case when s.suspended_at is not null then 'pod' when i.suspended_until > now() then 'inbox' end,
    case when s.suspended_at is not null then s.reason when i.suspended_until > now() then i.reason end
  from (select 1) as one left join outbound_standing as s on s.pod_id = pod
  left join outbound_inbox_standing as i on i.pod_id = pod and i.inbox_id = inbox
$$;
revoke all on function rookery_ways(uuid, uuid, text[]) from public;
grant execute on function rookery_ways(uuid, uuid, text[]) to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_ways(uuid, uuid, text[]) owner to rookery_worker;
revoke create on schema public from rookery_worker;
