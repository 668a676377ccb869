-- Pages of inboxes by offset without walking through what is skipped. See docs/decisions/0034-pages-by-offset.md.

-- Every `step`th inbox of an organization in the order of a time and the id, as it was when they were last counted: the first has
-- rank 0, the next `step`.
create table inbox_ranks (
  organization_id uuid not null,
  sort text not null check (sort in ('created_at', 'updated_at')),
  times timestamptz[] not null default '{}',
  ids uuid[] not null default '{}',
  step integer not null,
  total bigint not null default 0,
  primary key (organization_id, sort)
);

-- What became more (1) or fewer (-1) since. Rows are only ever added, so that no create waits for another one.
create table inbox_rank_changes (
  organization_id uuid not null,
  sort text not null,
  id uuid not null default gen_random_uuid(),
  at timestamptz not null,
  inbox_id uuid not null,
  change integer not null,
  primary key (organization_id, sort, id)
);

-- Both name inboxes of every pod, so no request may read them.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['inbox_ranks', 'inbox_rank_changes'] loop
    execute format('alter table %I enable row level security', table_name);
    execute format('alter table %I force row level security', table_name);
    execute format('create policy worker on %I to rookery_worker using (true) with check (true)', table_name);
    execute format('grant select, insert, update, delete on %I to rookery_worker', table_name);
  end loop;
end
$$;

-- Behind every statement that adds, changes or deletes inboxes, whoever runs it. What holds the place of an inbox that is on its way
-- is in no list. Runs as rookery_worker.
create function rookery_note_ranks() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    insert into inbox_rank_changes (organization_id, sort, at, inbox_id, change)
    select n.organization_id, s.sort, s.at, n.id, 1
    from new_rows as n, lateral (values ('created_at', n.created_at), ('updated_at', n.updated_at)) as s (sort, at)
    where n.moving_from is null;
  elsif tg_op = 'DELETE' then
    insert into inbox_rank_changes (organization_id, sort, at, inbox_id, change)
    select o.organization_id, s.sort, s.at, o.id, -1
    from old_rows as o, lateral (values ('created_at', o.created_at), ('updated_at', o.updated_at)) as s (sort, at)
    where o.moving_from is null;
  else
    insert into inbox_rank_changes (organization_id, sort, at, inbox_id, change)
    select r.organization_id, s.sort, s.at, r.id, sum(r.change)
    from (select organization_id, id, created_at, updated_at, 1 as change from new_rows where moving_from is null
      union all select organization_id, id, created_at, updated_at, -1 from old_rows where moving_from is null) as r,
      lateral (values ('created_at', r.created_at), ('updated_at', r.updated_at)) as s (sort, at)
    group by 1, 2, 3, 4 having sum(r.change) <> 0;
  end if;
  return null;
end
$$;
create trigger note_ranks_of_new after insert on inboxes referencing new table as new_rows
  for each statement execute function rookery_note_ranks();
create trigger note_ranks_of_changed after update on inboxes referencing old table as old_rows new table as new_rows
  for each statement execute function rookery_note_ranks();
create trigger note_ranks_of_deleted after delete on inboxes referencing old table as old_rows
  for each statement execute function rookery_note_ranks();

-- Counts an organization's inboxes anew. Each statement sees what was committed when it began; the last one replaces the ranks and
-- deletes the changes that they contain, and no others.
create function rookery_rank_inboxes(organization uuid, every integer) returns void language plpgsql as $$
begin
  insert into inbox_ranks (organization_id, sort, step) values (organization, 'created_at', every), (organization, 'updated_at', every)
    on conflict do nothing;
  -- Whoever counts at the same time waits here, and sees what this one did.
  perform from inbox_ranks where organization_id = organization order by sort for update;
  with contained as (
    delete from inbox_rank_changes where organization_id = organization returning 1
  ), listed as materialized (
    select i.id, i.created_at, i.updated_at from inboxes as i
    where i.organization_id = organization and (i.pod_id, i.id) not in (
      select m.pod_id, m.id from inboxes as m where m.organization_id = organization and m.moving_from is not null)
  ), placed as (
    select 'created_at' as sort, created_at as at, id, row_number() over (order by created_at, id) - 1 as rank from listed
    union all select 'updated_at', updated_at, id, row_number() over (order by updated_at, id) - 1 from listed
  ), counted as (
    select p.sort, count(*) as total, array_agg(p.at order by p.rank) filter (where p.rank % every = 0) as times,
      array_agg(p.id order by p.rank) filter (where p.rank % every = 0) as ids
    from placed as p group by p.sort
  )
  update inbox_ranks as r set times = coalesce(c.times, '{}'), ids = coalesce(c.ids, '{}'), total = coalesce(c.total, 0), step = every
  from (values ('created_at'), ('updated_at')) as s (sort) left join counted as c using (sort)
  where r.organization_id = organization and r.sort = s.sort;
end
$$;

-- Organizations whose inboxes were never counted, or of which so much changed since that a page would read too many changes: one in a
-- thousand, and 500 at least.
create function rookery_organizations_to_rank(most integer) returns setof uuid language sql stable
begin atomic
  select o.id from organizations as o left join inbox_ranks as r on r.organization_id = o.id and r.sort = 'updated_at'
  -- Without the triggers nothing notes what changes: distribute.sql drops them.
  where exists (select from pg_trigger where tgrelid = 'inboxes'::regclass and tgname = 'note_ranks_of_new') and (r.total is null or (
    select count(*) from inbox_rank_changes as c where c.organization_id = o.id and c.sort = r.sort
  ) > least(greatest(500, r.total / 1000), 4000))
  limit most;
end;

-- From where to read a page behind `skip` inboxes: from this one on (before it, in descending order), past `rest` more. No row: from
-- the beginning. `left_out` are inboxes that the list leaves out, with their times.
create function rookery_nearest_rank(
  organization uuid, sorted_by text, ascending boolean, skip bigint, left_out uuid[], left_out_times timestamptz[]
) returns table (at timestamptz, id uuid, rest bigint) language plpgsql stable
-- A table that was emptied often is large, however few rows it has.
set enable_seqscan = off as $$
declare
  ranks inbox_ranks;
  changes bigint;
  noted bigint;
  wanted bigint;
begin
  select * into ranks from inbox_ranks as r where r.organization_id = organization and r.sort = sorted_by;
  if not found or ranks.total = 0 or skip < ranks.step then
    return;
  end if;
  select count(*), coalesce(sum(c.change), 0) into noted, changes from (
    select c.change from inbox_rank_changes as c where c.organization_id = organization and c.sort = sorted_by limit 5001) as c;
  -- Reading them would take longer than skipping rows.
  if noted > 5000 then
    return;
  end if;
  wanted := case when ascending then skip else ranks.total + changes - cardinality(left_out) - skip end;
  return query
    with points as (
      select a.at, a.id, (a.place - 1) * ranks.step as rank, 0 as change
      from unnest(ranks.times, ranks.ids) with ordinality as a (at, id, place)
      union all
      select c.at, c.inbox_id, null, c.change from inbox_rank_changes as c where c.organization_id = organization and c.sort = sorted_by
      union all
      select l.at, l.id, null, -1 from unnest(left_out_times, left_out) as l (at, id)
    ), ranked as (
      -- Of each how many inboxes are before it now. It need not be there any more itself.
      select p.at, p.id, p.rank is not null as is_anchor,
        p.rank + sum(p.change) over (order by p.at, p.id, p.rank nulls last rows unbounded preceding) as rank
      from points as p
    )
    select r.at, r.id, abs(wanted - r.rank)::bigint from ranked as r
    where r.is_anchor and case when ascending then r.rank <= wanted else r.rank >= wanted end
    order by abs(wanted - r.rank) limit 1;
end
$$;

create index inboxes_moving on inboxes (organization_id) where moving_to is not null;

-- Inboxes at fault: paused, on their way, or named by one of the lists; `most` of each at most, in no order, some twice. They are few of
-- many, where the planner would rather read all.
create function rookery_faulty_inboxes(pod uuid, pods uuid[], inbox_ids uuid[], domains text[], most integer)
returns table (pod_id uuid, id uuid, created_at timestamptz, updated_at timestamptz) language plpgsql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set join_collapse_limit = 1 as $$
declare
  organization constant uuid := rookery_organization();
begin
  return query select i.pod_id, i.id, i.created_at, i.updated_at from inboxes as i
    where i.organization_id = organization and i.paused_at is not null and i.moving_from is null and (pod is null or i.pod_id = pod)
    limit most;
  return query select i.pod_id, i.id, i.created_at, i.updated_at from inboxes as i
    where i.organization_id = organization and i.moving_to is not null and (pod is null or i.pod_id = pod) limit most;
  return query select i.pod_id, i.id, i.created_at, i.updated_at from unnest(pods) as p (id) join inboxes as i on i.pod_id = p.id
    where i.organization_id = organization and i.moving_from is null and (pod is null or i.pod_id = pod) limit most;
  -- An address leads to the inbox itself, while it is on its way too.
  return query select i.pod_id, i.id, i.created_at, i.updated_at from unnest(inbox_ids) as n (id)
    join addresses as a on a.inbox_id = n.id join inboxes as i on i.pod_id = a.pod_id and i.id = a.inbox_id
    where a.organization_id = organization and (pod is null or a.pod_id = pod) limit most;
  if domains <> '{}' then
    return query select i.pod_id, i.id, i.created_at, i.updated_at from addresses as a
      join inboxes as i on i.pod_id = a.pod_id and i.id = a.inbox_id
      where a.organization_id = organization and split_part(a.address, '@', 2) = any (domains) and (pod is null or a.pod_id = pod)
      limit most;
  end if;
end
$$;

create or replace function rookery_page_of_inboxes(
  pod uuid, sort text, ascending boolean, since timestamptz, before timestamptz, healthy boolean, pods uuid[], inbox_ids uuid[],
  domains text[], skip bigint, size integer
) returns table (pod_id uuid, id uuid) language plpgsql stable security definer rows 200 set search_path = public, pg_temp as $$
declare
  organization constant uuid := rookery_organization();
  -- More inboxes at fault than this are told apart row by row.
  most_told constant integer := 10000;
  sorted_by constant text := case sort when 'updated_at' then sort else 'created_at' end;
  direction constant text := case when ascending then 'asc' else 'desc' end;
  conditions text := '';
  told_pods uuid[];
  told uuid[] := '{}';
  told_created timestamptz[];
  told_times timestamptz[] := '{}';
  begin_at timestamptz;
  begin_id uuid;
  rest bigint := skip;
begin
  if organization is null or (rookery_pod() is not null and rookery_pod() is distinct from pod) then
    raise exception 'a page outside the scope of the request';
  end if;
  if pod is not null then conditions := conditions || ' and i.pod_id = $2'; end if;
  if rookery_inbox() is not null then conditions := conditions || ' and i.id = rookery_inbox()'; end if;
  if since is not null then conditions := conditions || ' and i.created_at >= $3'; end if;
  if before is not null then conditions := conditions || ' and i.created_at < $4'; end if;
  if healthy is not null then
    select array_agg(f.pod_id), coalesce(array_agg(f.id), '{}'), array_agg(f.created_at),
        coalesce(array_agg(case sorted_by when 'updated_at' then f.updated_at else f.created_at end), '{}')
      into told_pods, told, told_created, told_times
    from (select distinct * from rookery_faulty_inboxes(pod, pods, inbox_ids, domains, most_told + 1)) as f;
    if cardinality(told) > most_told then
      conditions := conditions || case when healthy then ' and not' else ' and' end || ' (i.paused_at is not null or i.moving_to is not null
        or i.pod_id = any ($5) or i.id = any ($6) or split_part(i.address, ''@'', 2) = any ($7))';
    elsif healthy then
      conditions := conditions || ' and i.id <> all ($10)';
    else
      return query execute format(
        'select i.pod_id, i.id from unnest($6, $1, $7, $8) as i (pod_id, id, created_at, sorted_by) where true %s
          order by i.sorted_by %s, i.id %2$s limit $5 offset $9', conditions, direction)
      using told, pod, since, before, size, told_pods, told_created, told_times, skip;
      return;
    end if;
  end if;
  -- What holds the place of an inbox that is on its way to another pod. There seldom is any, and the index does not tell.
  if exists (select from inboxes as m where m.organization_id = organization and m.moving_from is not null) then
    conditions := conditions || ' and i.moving_from is null';
  end if;
  if pod is null and since is null and before is null and cardinality(told) <= most_told then
    select n.at, n.id, n.rest into begin_at, begin_id, rest
    from rookery_nearest_rank(organization, sorted_by, ascending, skip, told, told_times) as n;
    if found then
      conditions := conditions || format(' and (i.%I, i.id) %s ($11, $12)', sorted_by, case when ascending then '>=' else '<' end);
    else
      rest := skip;
    end if;
  end if;
  return query execute format(
    'select i.pod_id, i.id from inboxes as i where i.organization_id = $1 %s order by i.%I %s, i.id %3$s limit $8 offset $9',
    conditions, sorted_by, direction)
  using organization, pod, since, before, pods, inbox_ids, domains, size, rest, told, begin_at, begin_id;
end
$$;

do $$
declare
  signature text;
begin
  grant create on schema public to rookery_worker;
  alter function rookery_note_ranks() owner to rookery_worker;
  revoke create on schema public from rookery_worker;
  foreach signature in array array[
    'rookery_note_ranks()',
    'rookery_rank_inboxes(uuid, integer)',
    'rookery_organizations_to_rank(integer)',
    'rookery_nearest_rank(uuid, text, boolean, bigint, uuid[], timestamptz[])',
    'rookery_faulty_inboxes(uuid, uuid[], uuid[], text[], integer)'
  ] loop
    execute format('revoke all on function %s from public', signature);
    execute format('grant execute on function %s to rookery_worker', signature);
  end loop;
end
$$;
