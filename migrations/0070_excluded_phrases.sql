-- As in 0057, but for what is excluded: of a phrase with a word that has a former spelling, which is an alternative within it, the parentheses nest. Mail that
-- has its words, though not one behind the other, was left out where the index is asked.
create or replace function rookery_search(
  asked tsquery, upto timestamptz, upto_id uuid, above timestamptz, above_id uuid, newest timestamptz, of_threads boolean, most integer,
  budget_ms integer default null, page integer default 100
) returns table (pod_id uuid, id uuid, thread_id uuid, "timestamp" timestamptz, rank double precision)
language plpgsql stable security definer
set search_path = public, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off as $$
#variable_conflict use_column
declare
  organization constant uuid := rookery_organization();
  pod constant uuid := rookery_pod();
  inbox constant uuid := rookery_inbox();
  -- Messages that may have what is asked for, up to which all are looked at together: 2 to 10 µs each.
  few constant integer := 3000;
  -- Messages read one by one, in the first step, in the next one and at most in those behind them: 1.5 to 10 µs each.
  first_step constant integer := 500;
  next_step constant integer := 1500;
  widest_step constant integer := 5000;
  -- Behind so many of them a page of hits ends the search, behind `many` half a page.
  enough constant integer := 2000;
  many constant integer := 10000;
  -- Messages that are read for a page rather than asking the index, which joins the whole lists of all words; as long as a few hits say how many.
  worth_reading constant integer := 5000;
  -- One of so many messages has the words of a phrase: to find those that have it they would all be read, whatever the index says.
  likely constant integer := 40;
  mark constant tsquery := quote_literal(case when inbox is not null then rookery_search_mark('i', inbox)
    when pod is not null then rookery_search_mark('p', pod) else rookery_search_mark('o', organization) end)::tsquery;
  -- The index alone cannot tell phrases from their words: what has those is what would have to be read.
  possibly constant tsquery := mark && regexp_replace(
    regexp_replace(asked::text, '!\( (?:[^()]|\([^()]*\))* \)', mark::text, 'g'), '<(-|[0-9]+)>', '&', 'g')::tsquery;
  began constant timestamptz := clock_timestamp();
  -- The next step begins here.
  place timestamptz := upto;
  place_id uuid := upto_id;
  step integer := first_step;
  -- Hits with which it ends.
  wanted integer;
  -- Behind so many messages, from `place` on, the next one begins.
  passed integer;
  found_ones integer := 0;
  read_ones integer := 0;
  likely_ones integer := 0;
  is_asked boolean := false;
  is_last boolean := false;
  next_place timestamptz;
  next_id uuid;
  is_full boolean;
  hit record;
begin
  if organization is null then
    return;
  end if;
  loop
    wanted := case when budget_ms is null or read_ones < enough then most when read_ones < many then page else (page + 1) / 2 end;
    passed := step;
    for hit in
      select h.pod_id, h.id, h.thread_id, h.timestamp, ts_rank(h.words, asked)::double precision as rank from (
        -- By the columns of an index for each scope, of which two are not read. With the organization, which is said of a pod besides.
        (select s.* from message_search as s where s.pod_id = pod and s.inbox_id = inbox and s.organization_id = organization
          and (s.timestamp, s.id) <= (place, place_id) and (s.timestamp, s.id) > (above, above_id)
          order by s.timestamp desc, s.id desc limit step)
        union all
        (select s.* from message_search as s where inbox is null and s.pod_id = pod and s.organization_id = organization
          and (s.timestamp, s.id) <= (place, place_id) and (s.timestamp, s.id) > (above, above_id)
          order by s.timestamp desc, s.id desc limit step)
        union all
        (select s.* from message_search as s where pod is null and s.organization_id = organization
          and (s.timestamp, s.id) <= (place, place_id) and (s.timestamp, s.id) > (above, above_id)
          order by s.timestamp desc, s.id desc limit step)
      ) as h
      where h.words @@ asked
        -- Not hidden by a label; of threads, not found before behind `upto`. No `exists`: a plan for all searches might read all that have the words.
        and case when of_threads
          then (select not t.labels && '{spam,blocked,unauthenticated,trash}' from threads as t where t.pod_id = h.pod_id and t.id = h.thread_id)
            and (newest is null or (select true from messages as m join message_search as n on n.pod_id = m.pod_id and n.id = m.id
              where m.pod_id = h.pod_id and m.thread_id = h.thread_id and (m.timestamp, m.id) > (upto, upto_id) and m.timestamp <= newest
                and n.words @@ asked limit 1) is null)
          else (select not m.labels && '{spam,blocked,unauthenticated,trash}' from messages as m where m.pod_id = h.pod_id and m.id = h.id) end
      limit wanted - found_ones
    loop
      pod_id := hit.pod_id;
      id := hit.id;
      thread_id := hit.thread_id;
      "timestamp" := hit.timestamp;
      rank := hit.rank;
      return next;
      found_ones := found_ones + 1;
    end loop;
    exit when found_ones >= most;
    read_ones := read_ones + step;
    is_full := found_ones >= wanted;
    if is_full then
      place := "timestamp";
      place_id := id;
    end if;
    passed := case when is_full then 1 else step end;
    select r.timestamp, r.id into next_place, next_id from (
        (select s.timestamp, s.id from message_search as s where s.pod_id = pod and s.inbox_id = inbox
          and (s.timestamp, s.id) <= (place, place_id) and (s.timestamp, s.id) > (above, above_id)
          order by s.timestamp desc, s.id desc offset passed limit 1)
        union all
        (select s.timestamp, s.id from message_search as s where inbox is null and s.pod_id = pod
          and (s.timestamp, s.id) <= (place, place_id) and (s.timestamp, s.id) > (above, above_id)
          order by s.timestamp desc, s.id desc offset passed limit 1)
        union all
        (select s.timestamp, s.id from message_search as s where pod is null and s.organization_id = organization
          and (s.timestamp, s.id) <= (place, place_id) and (s.timestamp, s.id) > (above, above_id)
          order by s.timestamp desc, s.id desc offset passed limit 1)
    ) as r;
    exit when next_id is null;
    if not is_asked and not is_full and (page - found_ones)::bigint * read_ones > worth_reading::bigint * found_ones then
      is_asked := true;
      if possibly <> (mark && asked) then
        select count(*) into likely_ones from (
          (select s.* from message_search as s where s.pod_id = pod and s.inbox_id = inbox and s.organization_id = organization
            and (s.timestamp, s.id) <= (place, place_id) and (s.timestamp, s.id) > (above, above_id)
            order by s.timestamp desc, s.id desc limit step)
          union all
          (select s.* from message_search as s where inbox is null and s.pod_id = pod and s.organization_id = organization
            and (s.timestamp, s.id) <= (place, place_id) and (s.timestamp, s.id) > (above, above_id)
            order by s.timestamp desc, s.id desc limit step)
          union all
          (select s.* from message_search as s where pod is null and s.organization_id = organization
            and (s.timestamp, s.id) <= (place, place_id) and (s.timestamp, s.id) > (above, above_id)
            order by s.timestamp desc, s.id desc limit step)
        ) as h where h.words @@ possibly;
      end if;
      if likely_ones * likely <= step then
        -- A row without a pod says that they are all there.
        for hit in
          with possible as materialized (
            select s.pod_id, s.id, s.thread_id, s.timestamp, s.words
            -- Beside the mark, which says the same. No plain comparison, of these or of times: one of the indexes by time would be read as well.
            from (select s.* from message_search as s where s.words @@ possibly and s.organization_id is not distinct from organization
              and (pod is null or s.pod_id is not distinct from pod) and (inbox is null or s.inbox_id is not distinct from inbox) offset 0) as s
            where (s.timestamp, s.id) <= (next_place, next_id) and (s.timestamp, s.id) > (above, above_id)
            limit few + 1),
          are_few as (select count(*) <= few as are from possible)
          select null::uuid as pod_id, null::uuid as id, null::uuid as thread_id, null::timestamptz as timestamp, 0::double precision as rank
          from are_few as f where f.are
          union all (
            select h.pod_id, h.id, h.thread_id, h.timestamp, ts_rank(h.words, asked)::double precision
            from (select p.* from possible as p, are_few as f where f.are order by p.timestamp desc, p.id desc offset 0) as h
            where h.words @@ asked
              and case when of_threads
                then (select not t.labels && '{spam,blocked,unauthenticated,trash}' from threads as t where t.pod_id = h.pod_id and t.id = h.thread_id)
                  and (newest is null or (select true from messages as m join message_search as n on n.pod_id = m.pod_id and n.id = m.id
                    where m.pod_id = h.pod_id and m.thread_id = h.thread_id and (m.timestamp, m.id) > (upto, upto_id) and m.timestamp <= newest
                      and n.words @@ asked limit 1) is null)
                else (select not m.labels && '{spam,blocked,unauthenticated,trash}' from messages as m where m.pod_id = h.pod_id and m.id = h.id) end
            limit most - found_ones)
        loop
          is_last := true;
          if hit.pod_id is not null then
            pod_id := hit.pod_id;
            id := hit.id;
            thread_id := hit.thread_id;
            "timestamp" := hit.timestamp;
            rank := hit.rank;
            return next;
          end if;
        end loop;
        exit when is_last;
      end if;
    end if;
    place := next_place;
    place_id := next_id;
    if (budget_ms is not null and read_ones >= enough and found_ones >= case when read_ones < many then page else (page + 1) / 2 end)
      or clock_timestamp() - began > make_interval(secs => budget_ms / 1000.0)
    then
      pod_id := null;
      id := place_id;
      thread_id := null;
      "timestamp" := place;
      rank := null;
      return next;
      exit;
    end if;
    step := case when read_ones < enough then next_step
      else greatest(next_step, least(widest_step, (page - found_ones)::bigint * read_ones * 1.5 / greatest(found_ones, 1)))::integer end;
  end loop;
end
$$;
