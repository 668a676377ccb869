-- As in 0061, but a page that is narrowed by texts ends by time as well: a hundred texts of each kind, or messages with thousands of recipients, made a row as dear as thousands
-- of others, and 100,000 of them a statement of more than its fifteen seconds. Rows are read in steps that grow while they are cheap.
create or replace function rookery_rows_containing(
  kind text, pod uuid, inbox uuid, labels text[], hidden text[], before timestamptz, after timestamptz, place timestamptz, place_id uuid,
  ascending boolean, senders text[], recipients text[], subjects text[], most integer, worth_reading integer,
  out ids uuid[], out ended_at timestamptz, out ended_id uuid
)
language plpgsql stable security definer
set search_path = public, pg_temp set plan_cache_mode = force_custom_plan set enable_seqscan = off set enable_sort = off as $$
declare
  organization constant uuid := rookery_organization();
  -- Rows that are read together, at first and at most: each text is looked for in each of them, and in each of its people.
  step integer := 50;
  widest constant integer := 2000;
  -- Behind so much a page ends with what was found; a step that took a twentieth of that is not followed by a wider one.
  enough constant interval := interval '1 second';
  began constant timestamptz := clock_timestamp();
  step_began timestamptz;
  direction constant text := case when ascending then 'asc' else 'desc' end;
  in_people constant text := ' and not exists (select from unnest($%s) as wanted where not exists (select from unnest(%s) as who where who ilike wanted))';
  -- Of what is not asked for nothing is looked at.
  fits constant text := 't.organization_id = $1 and t.labels @> $4 and not t.labels && $5'
    || case when subjects = '{}' then '' else ' and t.subject ilike all ($12)' end
    || case when senders = '{}' then '' when kind = 'messages' then ' and t.sender ilike all ($10)' else format(in_people, 10, 't.senders') end
    || case when recipients = '{}' then '' else format(in_people, 11, case kind when 'messages' then 't."to" || t.cc || t.bcc' else 't.recipients' end) end;
  reading constant text := format('with read as materialized (
      select t.id, t.timestamp as at, %1$s as fits from %2$I as t where %3$s and ($6 is null or t.timestamp < $6) and ($7 is null or t.timestamp > $7)
        and ($8 is null or (t.timestamp, t.id) %4$s ($8, $9)) order by t.timestamp %5$s, t.id %5$s limit $14)
    select array(select id from read where fits limit $13), count(*), (array_agg(at))[count(*)], (array_agg(id))[count(*)] from read',
    fits, kind, case when inbox is not null then 't.pod_id = $2 and t.inbox_id = $3' when pod is not null then 't.pod_id = $2'
      else 't.organization_id = $1' end, case when ascending then '>' else '<' end, direction);
  added uuid[];
  read_now integer;
  read_ones integer := 0;
begin
  ids := '{}';
  if organization is null or pod is distinct from coalesce(rookery_pod(), pod) or inbox is distinct from coalesce(rookery_inbox(), inbox) then
    return;
  end if;
  loop
    step_began := clock_timestamp();
    execute reading into added, read_now, ended_at, ended_id
      using organization, pod, inbox, labels, hidden, before, after, place, place_id, senders, recipients, subjects, most - cardinality(ids), step;
    ids := ids || added;
    read_ones := read_ones + read_now;
    place := ended_at;
    place_id := ended_id;
    if cardinality(ids) >= most or read_now < step then
      ended_at := null;
      ended_id := null;
      return;
    end if;
    exit when read_ones >= worth_reading or clock_timestamp() - began > enough;
    if clock_timestamp() - step_began < enough / 20 then
      step := least(step * 4, widest);
    end if;
  end loop;
end
$$;
