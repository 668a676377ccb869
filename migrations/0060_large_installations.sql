-- What read as much as there is of an installation, for a page or a count. See docs/decisions/0073-every-route-at-a-million-messages.md.

-- Callers' own entries are counted when one is added, and public keys are listed: beside what is suppressed, and beside all other keys, they are few.
create index list_entries_own on list_entries (pod_id, inbox_id, organization_id, direction, list_type) where cause is null;
create index api_keys_public on api_keys (organization_id, created_at, id) where public_key is not null;

-- Inboxes of an organization: as they were counted last, with what changed since (0030-accounts.md).
create function rookery_inbox_count() returns bigint
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  organization constant uuid := rookery_organization();
  pod constant uuid := rookery_pod();
  inbox constant uuid := rookery_inbox();
  counted bigint;
begin
  if pod is null then
    select r.total into counted from inbox_ranks as r where r.organization_id = organization and r.sort = 'created_at';
    if found then
      return counted + (select coalesce(sum(c.change), 0) from inbox_rank_changes as c
        where c.organization_id = organization and c.sort = 'created_at');
    end if;
  end if;
  return (
    select count(*) from inboxes as i where i.organization_id = organization and (pod is null or i.pod_id = pod) and (inbox is null or i.id = inbox)
  ) - (
    select count(*) from inboxes as i where i.organization_id = organization and (pod is null or i.pod_id = pod) and (inbox is null or i.id = inbox)
      and i.moving_from is not null);
end
$$;
revoke all on function rookery_inbox_count() from public;
grant execute on function rookery_inbox_count() to rookery_app, rookery_worker;

-- As in 0049, with that count.
create or replace function rookery_held() returns table (bytes bigint, messages bigint, threads bigint, inboxes bigint)
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  organization constant uuid := rookery_organization();
  pod constant uuid := rookery_pod();
  inbox constant uuid := rookery_inbox();
begin
  return query
    select coalesce(sum(h.bytes), 0)::bigint, coalesce(sum(h.messages), 0)::bigint, coalesce(sum(h.threads), 0)::bigint, rookery_inbox_count()
    from (
      select u.bytes, u.messages, u.threads from inbox_usage as u
      where u.organization_id = organization and (pod is null or u.pod_id = pod) and (inbox is null or u.inbox_id = inbox)
      union all
      select q.bytes, q.messages, q.threads from search_queue as q
      where q.organization_id = organization and (pod is null or q.pod_id = pod) and (inbox is null or q.inbox_id = inbox)
        and exists (select from inboxes as i where i.pod_id = q.pod_id and i.id = q.inbox_id)
    ) as h;
end
$$;

-- Domains of the scope's organization, in their index alone.
create function rookery_domain_count() returns bigint
language plpgsql stable security definer set search_path = public, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  organization constant uuid := rookery_organization();
  pod constant uuid := rookery_pod();
begin
  return case when pod is null then (select count(*) from domains as d where d.organization_id = organization)
    else (select count(*) from domains as d where d.pod_id = pod and d.organization_id = organization) end;
end
$$;
revoke all on function rookery_domain_count() from public;
grant execute on function rookery_domain_count() to rookery_app, rookery_worker;

-- What was sent to other servers in each period of the scope: which one a minute falls into is counted from the end of the first window.
create function rookery_sent_in_periods(since timestamptz, first timestamptz, until timestamptz, period_seconds double precision)
returns table (period integer, sent bigint, bounced bigint, complained bigint)
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
  organization constant uuid := rookery_organization();
  pod constant uuid := rookery_pod();
  inbox constant uuid := rookery_inbox();
begin
  return query execute format('
    -- Not extract, whose arithmetic in decimals takes longer than all else.
    select ceil((date_part(''epoch'', minute - $4) + 1) / $6)::integer, sum(sent), sum(bounced), sum(complained)
    from outbound_counts where organization_id = $1 and %s and minute >= $3 and minute < $5 group by 1',
    case when inbox is not null then 'pod_id = $2 and inbox_id = $7' when pod is not null then 'pod_id = $2' else 'true' end)
    using organization, pod, since, first, until, period_seconds, inbox;
end
$$;
revoke all on function rookery_sent_in_periods(timestamptz, timestamptz, timestamptz, double precision) from public;
grant execute on function rookery_sent_in_periods(timestamptz, timestamptz, timestamptz, double precision) to rookery_app, rookery_worker;

-- Ids of the first `most` deliveries to a domain, of a pod and inbox, of which null is every one; in these states, of which none is any, and behind a place, which
-- is not among them. Runs as rookery_worker, and asks for the scope itself: under row-level security nobody may use an index on what functions make of a row.
-- Of an organization they are looked for among its newest, and else pod by pod (0054).
create function rookery_deliveries_to(pod uuid, inbox uuid, to_domain text, states text[], place uuid, ascending boolean, newest integer, most integer)
returns uuid[]
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  organization constant uuid := rookery_organization();
  by_age constant text := format('order by d.id %s limit', case when ascending then 'asc' else 'desc' end);
  behind constant text := format('($6 is null or d.id %s $6)', case when ascending then '>' else '<' end);
  fits constant text := 'coalesce(d.domain, lower(split_part(d.recipient, ''@'', 2))) = $4 and ($5 = ''{}'' or d.state = any ($5)) and d.organization_id = $1';
  found uuid[];
begin
  if organization is null or pod is distinct from coalesce(rookery_pod(), pod) or inbox is distinct from coalesce(rookery_inbox(), inbox) then
    return '{}';
  end if;
  if pod is not null then
    execute format('select array(select d.id from outbound_deliveries as d where d.pod_id = $2 and %s and %s and %s %s $7)',
      case when inbox is null then 'true' else 'd.inbox_id = $3' end, fits, behind, by_age)
      into found using organization, pod, inbox, to_domain, states, place, most;
    return found;
  end if;
  execute format('select array(select d.id from (select d.* from outbound_deliveries as d where d.organization_id = $1 and %s %s $8) as d
    where %s %s $7)', behind, by_age, fits, by_age) into found using organization, pod, inbox, to_domain, states, place, most, newest;
  if cardinality(found) < most then
    execute format('select array(select d.id from pods as p cross join lateral (
        select d.id from outbound_deliveries as d where d.pod_id = p.id and %s and %s %s $7) as d
      where p.organization_id = $1 %s $7)', fits, behind, by_age, by_age)
      into found using organization, pod, inbox, to_domain, states, place, most;
  end if;
  return found;
end
$$;
revoke all on function rookery_deliveries_to(uuid, uuid, text, text[], uuid, boolean, integer, integer) from public;
grant execute on function rookery_deliveries_to(uuid, uuid, text, text[], uuid, boolean, integer, integer) to rookery_app, rookery_worker;

-- As in 0004, planned once for a connection and not for each of ten thousand names: a function in SQL that is not the caller's is planned at each call.
create or replace function rookery_usable_domains(pod uuid, names text[]) returns table (domain text, status text, subdomains_enabled boolean)
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  organization constant uuid := rookery_organization();
  own constant uuid := rookery_pod();
begin
  if own is not null and own is distinct from pod then
    return;
  end if;
  return query select d.domain, d.status, d.subdomains_enabled from domains as d
    where d.domain = any (names) and d.organization_id = organization and (d.pod_id is null or d.pod_id = pod);
end
$$;

-- As in 0030. Of pods and inboxes that are named, those of the pods by their index, and no others': one account is asked about beside all endpoints that fail.
create or replace function rookery_failing_endpoints(before timestamptz, pods uuid[], inboxes uuid[], most integer)
returns table (id uuid, pod_id uuid, inbox_id uuid, pod_ids uuid[], inbox_ids uuid[], failing_since timestamptz, enabled boolean)
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
  organization constant uuid := rookery_organization();
  pod constant uuid := rookery_pod();
begin
  if pods is null then
    return query select w.id, w.pod_id, w.inbox_id, w.pod_ids, w.inbox_ids, w.failing_since, w.enabled from webhooks as w
      where w.organization_id = organization and w.failing_since <= before
        and (w.pod_id is not null or w.pod_ids <> '{}' or w.inbox_ids <> '{}') and (pod is null or w.pod_id = pod)
      limit most;
    return;
  end if;
  return query (
      select w.id, w.pod_id, w.inbox_id, w.pod_ids, w.inbox_ids, w.failing_since, w.enabled from webhooks as w
      where w.pod_id = any (pods) and w.organization_id is not distinct from organization and w.failing_since <= before
        and (pod is null or w.pod_id = pod)
      limit most
    ) union all (
      select w.id, w.pod_id, w.inbox_id, w.pod_ids, w.inbox_ids, w.failing_since, w.enabled from webhooks as w
      where w.organization_id = organization and w.pod_id is null and w.failing_since <= before and pod is null
        and (w.pod_ids && pods or w.inbox_ids && inboxes)
      limit most
    ) limit most;
end
$$;

-- How many addresses are suppressed in a pod of the scope, counted to `most`, and how many drafts an inbox has: in their indexes alone, which nobody may under
-- row-level security, as they do not name the organization.
create function rookery_suppression_count(pod uuid, most integer) returns integer
language plpgsql stable security definer set search_path = public, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  if pod is distinct from coalesce(rookery_pod(), pod)
    or not exists (select from pods as p where p.id = pod and p.organization_id = rookery_organization()) then
    return 0;
  end if;
  return (select count(*) from (select from list_entries as e where e.pod_id = pod and e.cause is not null limit most) as known);
end
$$;
create function rookery_draft_count(pod uuid, inbox uuid, most integer) returns integer
language plpgsql stable security definer set search_path = public, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  if pod is distinct from coalesce(rookery_pod(), pod) or inbox is distinct from coalesce(rookery_inbox(), inbox)
    or not exists (select from pods as p where p.id = pod and p.organization_id = rookery_organization()) then
    return 0;
  end if;
  return (select count(*) from (select from drafts as d where d.pod_id = pod and d.inbox_id = inbox limit most) as known);
end
$$;
revoke all on function rookery_suppression_count(uuid, integer) from public;
revoke all on function rookery_draft_count(uuid, uuid, integer) from public;
grant execute on function rookery_suppression_count(uuid, integer) to rookery_app, rookery_worker;
grant execute on function rookery_draft_count(uuid, uuid, integer) to rookery_app, rookery_worker;

grant create on schema public to rookery_worker;
alter function rookery_suppression_count(uuid, integer) owner to rookery_worker;
alter function rookery_draft_count(uuid, uuid, integer) owner to rookery_worker;
alter function rookery_inbox_count() owner to rookery_worker;
alter function rookery_domain_count() owner to rookery_worker;
alter function rookery_sent_in_periods(timestamptz, timestamptz, timestamptz, double precision) owner to rookery_worker;
alter function rookery_deliveries_to(uuid, uuid, text, text[], uuid, boolean, integer, integer) owner to rookery_worker;
revoke create on schema public from rookery_worker;
