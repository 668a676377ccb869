-- Searches that say how far they looked, within a time. See docs/decisions/0054-bounded-search.md.

-- Mail of each scope in the order of time: who asks for a word that many messages have reads the newest of them, whatever else there is.
create index message_search_by_inbox on message_search (pod_id, inbox_id, timestamp, id);
create index message_search_by_pod on message_search (pod_id, timestamp, id);
create index message_search_by_organization on message_search (organization_id, timestamp, id);

-- As in 0038, with a time, and without weeks. A version before this one that still runs asks without a time.
--
-- First the newest messages are read, one by one. When too few of them have what is asked for, it is rare: the index of words is asked for
-- all that have it, and they are looked at together when they are few. If they are not, messages are read on, the newest first.
--
-- When `budget_ms` have passed, or there is a page of hits and much was read for it, that ends with a last row without ids, whose timestamp
-- says how far it came: nothing before that was looked at. A null `budget_ms` has it go to the end.
drop function rookery_search(tsquery, timestamptz, uuid, timestamptz, uuid, timestamptz, boolean, integer);
create function rookery_search(
  asked tsquery, upto timestamptz, upto_id uuid, above timestamptz, above_id uuid, newest timestamptz, of_threads boolean, most integer,
  budget_ms integer default null
) returns table (pod_id uuid, id uuid, thread_id uuid, "timestamp" timestamptz, rank double precision)
language plpgsql stable security definer
set search_path = public, pg_temp set plan_cache_mode = force_custom_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  organization constant uuid := rookery_organization();
  pod constant uuid := rookery_pod();
  inbox constant uuid := rookery_inbox();
  -- Messages that may have what is asked for, up to which all are looked at together: 10 µs each.
  few constant integer := 3000;
  -- Messages read one by one before the index is asked, and behind that in each step: 5 to 10 µs each.
  first_step constant integer := 1000;
  next_step constant integer := 2000;
  -- Hits that fill a page, and messages read that are enough then.
  page constant integer := 100;
  enough constant integer := 5000;
  mark constant text := quote_literal(case when inbox is not null then rookery_search_mark('i', inbox)
    when pod is not null then rookery_search_mark('p', pod) else rookery_search_mark('o', organization) end);
  exactly constant tsquery := mark::tsquery && asked;
  -- The index alone cannot tell phrases from their words: what has those is what would have to be read.
  possibly constant tsquery := mark::tsquery && regexp_replace(
    regexp_replace(asked::text, '!\( [^()]* \)', mark, 'g'), '<(-|[0-9]+)>', '&', 'g')::tsquery;
  mine constant text := case when inbox is not null then 's.organization_id = $1 and s.pod_id = $2 and s.inbox_id = $3'
    when pod is not null then 's.organization_id = $1 and s.pod_id = $2' else 's.organization_id = $1' end;
  -- Not hidden by a label; of threads, not found before behind `upto`.
  shown constant text := case when of_threads then $shown$
      (select not t.labels && '{spam,blocked,unauthenticated,trash}' from threads as t where t.pod_id = h.pod_id and t.id = h.thread_id)
      and ($10 is null or not exists (select from messages as m join message_search as n on n.pod_id = m.pod_id and n.id = m.id
        where m.pod_id = h.pod_id and m.thread_id = h.thread_id and (m.timestamp, m.id) > ($11, $12) and m.timestamp <= $10 and n.words @@ $4))
    $shown$ else $shown$
      (select not m.labels && '{spam,blocked,unauthenticated,trash}' from messages as m where m.pod_id = h.pod_id and m.id = h.id)
    $shown$ end;
  began constant timestamptz := clock_timestamp();
  -- What was read so far is behind this.
  place timestamptz := upto;
  place_id uuid := upto_id;
  next_place timestamptz;
  next_id uuid;
  found_ones integer := 0;
  added integer;
  read_ones integer := 0;
  step integer := first_step;
  is_asked boolean := false;
  is_rare boolean := false;
  is_last boolean := false;
begin
  if organization is null then
    return;
  end if;
  loop
    execute format('select s.timestamp, s.id from message_search as s where %s and (s.timestamp, s.id) <= ($4, $5)
      and (s.timestamp, s.id) > ($6, $7) order by s.timestamp desc, s.id desc offset %s limit 1', mine, step)
      into next_place, next_id using organization, pod, inbox, place, place_id, above, above_id;
    -- The row behind the last one of the step.
    is_last := next_place is null;
    if is_last then
      next_place := above;
      next_id := above_id;
    end if;
    return query execute format('select h.pod_id, h.id, h.thread_id, h.timestamp, ts_rank(h.words, $4)::double precision from (
        select s.* from message_search as s where %s and (s.timestamp, s.id) <= ($5, $6) and (s.timestamp, s.id) > ($7, $8)
        order by s.timestamp desc, s.id desc offset 0) as h
      where h.words @@ $4 and %s limit $9', mine, shown)
      using organization, pod, inbox, asked, place, place_id, next_place, next_id, most - found_ones, newest, upto, upto_id;
    get diagnostics added = row_count;
    found_ones := found_ones + added;
    read_ones := read_ones + step;
    place := next_place;
    place_id := next_id;
    exit when is_last or found_ones >= most;
    if not is_asked and found_ones * enough < page * read_ones then
      is_asked := true;
      select count(*) <= few into is_rare from (
        select from message_search as s where s.words @@ possibly and (s.timestamp, s.id) <= (place, place_id)
          and (s.timestamp, s.id) > (above, above_id) limit few + 1) as counted;
      if is_rare then
        return query execute format('select h.pod_id, h.id, h.thread_id, h.timestamp, ts_rank(h.words, $4)::double precision from (
            select s.* from message_search as s where s.words @@ $13 and (s.timestamp, s.id) <= ($5, $6) and (s.timestamp, s.id) > ($7, $8)
              -- Beside the mark, which says the same. No plain comparison: one of the indexes by time would be taken for it.
              and s.organization_id is not distinct from $1 and ($2 is null or s.pod_id is not distinct from $2)
              and ($3 is null or s.inbox_id is not distinct from $3)
            order by s.timestamp desc, s.id desc offset 0) as h
          where %s limit $9', shown)
          using organization, pod, inbox, asked, place, place_id, above, above_id, most - found_ones, newest, upto, upto_id, exactly;
        exit;
      end if;
    end if;
    if (budget_ms is not null and found_ones >= page and read_ones >= enough)
      or clock_timestamp() - began > make_interval(secs => budget_ms / 1000.0)
    then
      return query select null::uuid, place_id, null::uuid, place, null::double precision;
      exit;
    end if;
    step := next_step;
  end loop;
end
$$;
revoke all on function rookery_search(tsquery, timestamptz, uuid, timestamptz, uuid, timestamptz, boolean, integer, integer) from public;
grant execute on function rookery_search(tsquery, timestamptz, uuid, timestamptz, uuid, timestamptz, boolean, integer, integer)
  to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_search(tsquery, timestamptz, uuid, timestamptz, uuid, timestamptz, boolean, integer, integer) owner to rookery_worker;
revoke create on schema public from rookery_worker;
drop function rookery_search_week(timestamptz);
