-- Pausing, and accounts by offset. See docs/decisions/0030-accounts.md.

-- The widest key that paused the inbox: one that is narrower may not resume it. Pods and organizations need none, as only keys of
-- the organization pause them.
alter table inboxes add column paused_from text,
  add constraint inboxes_paused_from_check check (paused_from in ('organization', 'pod', 'inbox') and paused_at is not null
    or paused_from is null and paused_at is null);

-- Since when a queued copy waits because its sender is paused: it must not go out when that inbox is deleted.
alter table outbound_deliveries add column held_at timestamptz;

-- Requests may only read the organization's row, so this runs as rookery_worker; and those of a pod change nothing of the organization.
-- Null resumes it. One that is paused already keeps the time when it was.
create function rookery_pause_organization(at timestamptz) returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if rookery_pod() is not null then
    raise exception 'an organization is paused outside its pods';
  end if;
  update organizations set paused_at = case when at is null then null else coalesce(paused_at, at) end
  where id = rookery_organization();
end
$$;

-- Inboxes by offset: as many entries of an index are skipped as the offset says, so it must hold all that is asked about.
drop index inboxes_by_organization;
create index inboxes_by_organization on inboxes (organization_id, created_at, id) include (pod_id);
create index inboxes_by_update on inboxes (organization_id, updated_at, id) include (pod_id, created_at);
-- What is at fault is found without looking at what is not.
create index inboxes_paused on inboxes (organization_id, pod_id, id) where paused_at is not null;
create index pods_paused on pods (organization_id, id) where paused_at is not null;
create index webhooks_failing on webhooks (organization_id, failing_since) where failing_since is not null;
create index addresses_by_domain on addresses (organization_id, split_part(address, '@', 2), pod_id);

-- Ids of a page of inboxes, in order. Row-level security asks three settings of each row that is skipped, 0.7 us a row and so 70 ms
-- of a hundred thousand; this runs as rookery_worker, which may see all, asks once and stays in the request's own scope.
-- `healthy`: null for all; false for those that are paused or that one of the three lists names, true for the others.
create function rookery_page_of_inboxes(
  pod uuid, sort text, ascending boolean, since timestamptz, before timestamptz, healthy boolean, pods uuid[], inbox_ids uuid[],
  domains text[], skip bigint, size integer
) returns table (pod_id uuid, id uuid) language plpgsql stable security definer rows 200 set search_path = public, pg_temp as $$
declare
  conditions text := '';
begin
  if rookery_organization() is null or (rookery_pod() is not null and rookery_pod() is distinct from pod) then
    raise exception 'a page outside the scope of the request';
  end if;
  if pod is not null then conditions := conditions || ' and i.pod_id = $2'; end if;
  if rookery_inbox() is not null then conditions := conditions || ' and i.id = rookery_inbox()'; end if;
  if since is not null then conditions := conditions || ' and i.created_at >= $3'; end if;
  if before is not null then conditions := conditions || ' and i.created_at < $4'; end if;
  -- What holds the place of an inbox that is on its way to another pod. There seldom is any, and the index does not tell.
  if exists (select from inboxes as m where m.organization_id = rookery_organization() and m.moving_from is not null) then
    conditions := conditions || ' and i.moving_from is null';
  end if;
  if healthy is not null then
    conditions := conditions || case when healthy then ' and not' else ' and' end || ' (i.paused_at is not null or i.moving_to is not null
      or i.pod_id = any ($5) or i.id = any ($6) or split_part(i.address, ''@'', 2) = any ($7))';
  end if;
  return query execute format(
    'select i.pod_id, i.id from inboxes as i where i.organization_id = $1 %s order by i.%I %s, i.id %3$s limit $8 offset $9',
    conditions, case sort when 'updated_at' then sort else 'created_at' end, case when ascending then 'asc' else 'desc' end)
  using rookery_organization(), pod, since, before, pods, inbox_ids, domains, size, skip;
end
$$;

-- Domains of the addresses in the request's scope, each with a pod that has one, at most `most`: skips from each to the next. Runs as
-- rookery_worker, as row-level security would not let the index of an expression be used.
create function rookery_domains_in_use(most integer) returns table (domain text, pod_id uuid)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  if rookery_organization() is null then
    raise exception 'domains outside the scope of a request';
  end if;
  if rookery_pod() is not null then
    return query select distinct split_part(i.address, '@', 2), i.pod_id from inboxes as i
      where i.pod_id = rookery_pod() and i.organization_id = rookery_organization() limit most;
    return;
  end if;
  return query
    with recursive used as (
      (select split_part(a.address, '@', 2) as name, a.pod_id from addresses as a
        where a.organization_id = rookery_organization() order by 1, 2 limit 1)
      union all
      select next.name, next.pod_id from used, lateral (
        select split_part(a.address, '@', 2) as name, a.pod_id from addresses as a
        where a.organization_id = rookery_organization() and split_part(a.address, '@', 2) > used.name
        order by 1, 2 limit 1) as next
    ) select used.name, used.pod_id from used limit most;
end
$$;

-- Endpoints of pods and of inboxes that have done nothing but fail since `before` or earlier; of all in the request's scope, or of some.
-- Those of the whole organization are left out. A request about one inbox is narrowed to it, and the endpoints of its pod concern it as
-- well, so this runs as rookery_worker; the caller leaves out what his key may not see.
create function rookery_failing_endpoints(before timestamptz, pods uuid[], inboxes uuid[], most integer)
returns table (id uuid, pod_id uuid, inbox_id uuid, pod_ids uuid[], inbox_ids uuid[], failing_since timestamptz, enabled boolean)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select w.id, w.pod_id, w.inbox_id, w.pod_ids, w.inbox_ids, w.failing_since, w.enabled
  from webhooks as w
  where w.organization_id = rookery_organization() and w.failing_since <= before
    and (w.pod_id is not null or w.pod_ids <> '{}' or w.inbox_ids <> '{}')
    and (rookery_pod() is null or w.pod_id = rookery_pod())
    and (pods is null or w.pod_id = any (pods) or w.pod_ids && pods or w.inbox_ids && inboxes)
  limit most;
end;

do $$
declare
  signature text;
begin
  grant create on schema public to rookery_worker;
  foreach signature in array array[
    'rookery_pause_organization(timestamptz)',
    'rookery_page_of_inboxes(uuid, text, boolean, timestamptz, timestamptz, boolean, uuid[], uuid[], text[], bigint, integer)',
    'rookery_domains_in_use(integer)',
    'rookery_failing_endpoints(timestamptz, uuid[], uuid[], integer)'
  ] loop
    execute format('revoke all on function %s from public', signature);
    execute format('grant execute on function %s to rookery_app, rookery_worker', signature);
    execute format('alter function %s owner to rookery_worker', signature);
  end loop;
  revoke create on schema public from rookery_worker;
end
$$;
