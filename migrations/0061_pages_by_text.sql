-- A page of a list that is narrowed by texts. See docs/decisions/0073-every-route-at-a-million-messages.md.

-- Ids of the first `most` rows of a list (messages or threads) of a pod and inbox, of which null is every one, in which all of these texts stand, as LIKE patterns:
-- in the sender, or in one of the senders; in one of the recipients; in the subject. With all of `labels` and none of `hidden`, between two times and behind a
-- place. Ends with fewer behind `worth_reading` rows, and then says where: the next page begins there.
-- Runs as rookery_worker, and so asks for the scope itself: row-level security costs each row that is read more than all that is asked of it.
create function rookery_rows_containing(
  kind text, pod uuid, inbox uuid, labels text[], hidden text[], before timestamptz, after timestamptz, place timestamptz, place_id uuid,
  ascending boolean, senders text[], recipients text[], subjects text[], most integer, worth_reading integer,
  out ids uuid[], out ended_at timestamptz, out ended_id uuid
)
language plpgsql stable security definer
set search_path = public, pg_temp set plan_cache_mode = force_custom_plan set enable_seqscan = off set enable_sort = off as $$
declare
  organization constant uuid := rookery_organization();
  step constant integer := 2000;
  direction constant text := case when ascending then 'asc' else 'desc' end;
  in_people constant text := ' and not exists (select from unnest($%s) as wanted where not exists (select from unnest(%s) as who where who ilike wanted))';
  -- Of what is not asked for nothing is looked at.
  fits constant text := 't.organization_id = $1 and t.labels @> $4 and not t.labels && $5'
    || case when subjects = '{}' then '' else ' and t.subject ilike all ($12)' end
    || case when senders = '{}' then '' when kind = 'messages' then ' and t.sender ilike all ($10)' else format(in_people, 10, 't.senders') end
    || case when recipients = '{}' then '' else format(in_people, 11, case kind when 'messages' then 't."to" || t.cc || t.bcc' else 't.recipients' end) end;
  reading constant text := format('with read as materialized (
      select t.id, t.timestamp as at, %1$s as fits from %2$I as t where %3$s and ($6 is null or t.timestamp < $6) and ($7 is null or t.timestamp > $7)
        and ($8 is null or (t.timestamp, t.id) %4$s ($8, $9)) order by t.timestamp %5$s, t.id %5$s limit %6$s)
    select array(select id from read where fits limit $13), count(*), (array_agg(at))[count(*)], (array_agg(id))[count(*)] from read',
    fits, kind, case when inbox is not null then 't.pod_id = $2 and t.inbox_id = $3' when pod is not null then 't.pod_id = $2'
      else 't.organization_id = $1' end, case when ascending then '>' else '<' end, direction, step);
  added uuid[];
  read_now integer;
  read_ones integer := 0;
begin
  ids := '{}';
  if organization is null or pod is distinct from coalesce(rookery_pod(), pod) or inbox is distinct from coalesce(rookery_inbox(), inbox) then
    return;
  end if;
  loop
    execute reading into added, read_now, ended_at, ended_id
      using organization, pod, inbox, labels, hidden, before, after, place, place_id, senders, recipients, subjects, most - cardinality(ids);
    ids := ids || added;
    read_ones := read_ones + read_now;
    place := ended_at;
    place_id := ended_id;
    if cardinality(ids) >= most or read_now < step then
      ended_at := null;
      ended_id := null;
      return;
    end if;
    exit when read_ones >= worth_reading;
  end loop;
end
$$;
revoke all on function rookery_rows_containing(text, uuid, uuid, text[], text[], timestamptz, timestamptz, timestamptz, uuid, boolean, text[], text[], text[], integer, integer) from public;
grant execute on function rookery_rows_containing(text, uuid, uuid, text[], text[], timestamptz, timestamptz, timestamptz, uuid, boolean, text[], text[], text[], integer, integer) to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_rows_containing(text, uuid, uuid, text[], text[], timestamptz, timestamptz, timestamptz, uuid, boolean, text[], text[], text[], integer, integer) owner to rookery_worker;
revoke create on schema public from rookery_worker;
