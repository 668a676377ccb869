-- A million messages: what inboxes hold, kept by those who store and delete mail, and searches that read less. See docs/decisions/0061-a-million-messages.md.

-- An inbox holds the sum of its rows, with those of search_queue. They are added and never changed, so that nobody waits for another; the
-- hourly count makes one of them.
create table inbox_usage (
  pod_id uuid not null,
  inbox_id uuid not null,
  id uuid not null default gen_random_uuid(),
  organization_id uuid not null,
  messages integer not null,
  threads integer not null,
  bytes bigint not null,
  primary key (pod_id, inbox_id, id),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade
);
create index inbox_usage_by_organization on inbox_usage (organization_id) include (messages, threads, bytes);
select rookery_isolate('inbox_usage');
select rookery_moves_with_inbox('inbox_usage');

-- What a message that was just stored adds to what its inbox holds. It has a row here anyway, and who indexes it moves what it counts for.
-- Whatever a version before this one does while both run is put right by the next hourly count.
alter table search_queue
  add column messages integer not null default 1,
  add column threads integer not null default 0,
  add column bytes integer not null default 0;

insert into inbox_usage (pod_id, inbox_id, organization_id, messages, threads, bytes)
select pod_id, inbox_id, organization_id, sum(message_count), count(*), sum(size) from threads group by 1, 2, 3;
-- They are among those.
update search_queue set messages = 0;

-- What the transaction's scope holds. Row-level security would ask of each of 100,000 inboxes whether it is in an organization's scope, which takes
-- ten times as long as adding them up: so this runs as rookery_worker, and takes the scope from the settings that policies read.
create function rookery_held() returns table (bytes bigint, messages bigint, threads bigint, inboxes bigint)
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  organization constant uuid := rookery_organization();
  pod constant uuid := rookery_pod();
  inbox constant uuid := rookery_inbox();
begin
  return query
    select coalesce(sum(h.bytes), 0)::bigint, coalesce(sum(h.messages), 0)::bigint, coalesce(sum(h.threads), 0)::bigint, (
      select count(*) from inboxes as i where i.organization_id = organization and (pod is null or i.pod_id = pod)
        and (inbox is null or i.id = inbox)
    ) - (
      select count(*) from inboxes as i where i.organization_id = organization and (pod is null or i.pod_id = pod)
        and (inbox is null or i.id = inbox) and i.moving_from is not null)
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
revoke all on function rookery_held() from public;
grant execute on function rookery_held() to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_held() owner to rookery_worker;
revoke create on schema public from rookery_worker;

-- As in 0038, with these counts.
create or replace function rookery_move_mail(source uuid, target uuid, inbox_ids uuid[], most integer, most_bytes bigint) returns boolean
language plpgsql as $$
declare
  moved uuid[];
  mails uuid[];
  copied bigint[];
begin
  moved := array(
    select id from (
      select id, sum(message_count) over oldest as messages, sum(size) over oldest as bytes, row_number() over oldest as place
      -- Inbox by inbox: in one order of time the planner would rather read all threads of a pod, for inboxes that have none.
      from (select t.* from unnest(inbox_ids) as box cross join lateral (
          select id, message_count, size, timestamp from threads where pod_id = source and inbox_id = box
          order by timestamp, id limit most) as t
        order by timestamp, id limit most) as t
      window oldest as (order by timestamp, id rows unbounded preceding)) as counted
    where place = 1 or (messages <= most and bytes <= most_bytes));
  if moved = '{}' then
    return false;
  end if;
  -- Whoever stores in these threads waits, and finds them gone.
  perform from threads where pod_id = source and id = any (moved) order by id for update;
  mails := array(select id from messages where pod_id = source and thread_id = any (moved));
  -- Before the messages, as who indexes them does.
  perform from search_queue where pod_id = source and id = any (mails) order by id for update;
  insert into blobs (pod_id, sha256, organization_id, size, content, created_at)
  select target, b.sha256, b.organization_id, b.size, b.content, b.created_at from blobs as b
  where b.pod_id = source and b.sha256 in (
    select raw_sha256 from messages where pod_id = source and id = any (mails)
    union all select sha256 from attachments where pod_id = source and thread_id = any (moved)
    union all select raw_sha256 from outbound_deliveries where pod_id = source and message_uuid = any (mails))
  on conflict do nothing;
  copied := array[rookery_copy_rows('threads', source, target, 'id', moved),
    rookery_copy_rows('messages', source, target, 'id', mails),
    rookery_copy_rows('attachments', source, target, 'thread_id', moved),
    rookery_copy_rows('outbound_deliveries', source, target, 'message_uuid', mails)];
  insert into message_search (pod_id, id, organization_id, inbox_id, thread_id, timestamp, words)
  select target, id, organization_id, inbox_id, thread_id, timestamp,
    ts_delete(words, rookery_search_mark('p', source)) || array_to_tsvector(array[rookery_search_mark('p', target)])
  from message_search where pod_id = source and id = any (mails) on conflict do nothing;
  insert into search_queue (pod_id, id, organization_id, inbox_id, messages, threads, bytes)
  select target, id, organization_id, inbox_id, messages, threads, bytes from search_queue where pod_id = source and id = any (mails) on conflict do nothing;
  delete from search_queue where pod_id = source and id = any (mails);
  perform rookery_drop_rows('outbound_deliveries', source, 'message_uuid', mails, copied[4]);
  perform rookery_drop_rows('attachments', source, 'thread_id', moved, copied[3]);
  perform rookery_drop_rows('messages', source, 'id', mails, copied[2]);
  perform rookery_drop_rows('threads', source, 'id', moved, copied[1]);
  return exists (select from unnest(inbox_ids) as box
    where exists (select from threads where pod_id = source and inbox_id = box));
end
$$;

-- As in 0044, for a page of so many hits: a search ends where it has them, the index is asked where reading on would take longer, and what it
-- gives is read once. A version before this one asks for no page.
drop function rookery_search(tsquery, timestamptz, uuid, timestamptz, uuid, timestamptz, boolean, integer, integer);
create function rookery_search(
  asked tsquery, upto timestamptz, upto_id uuid, above timestamptz, above_id uuid, newest timestamptz, of_threads boolean, most integer,
  budget_ms integer default null, page integer default 100
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
  -- Messages read one by one, in the first step and in each behind it: 2 to 10 µs each. Behind `enough` of them a page of hits ends the search.
  first_step constant integer := 500;
  next_step constant integer := 1500;
  enough constant integer := 2000;
  -- Messages that are read for a page rather than asking the index, which joins the whole lists of all words; as long as a few hits say how many.
  worth_reading constant integer := 5000;
  -- One of so many messages has the words of a phrase: to find those that have it they would all be read, whatever the index says.
  likely constant integer := 20;
  mark constant text := quote_literal(case when inbox is not null then rookery_search_mark('i', inbox)
    when pod is not null then rookery_search_mark('p', pod) else rookery_search_mark('o', organization) end);
  exactly constant tsquery := mark::tsquery && asked;
  -- The index alone cannot tell phrases from their words: what has those is what would have to be read.
  possibly constant tsquery := mark::tsquery && regexp_replace(
    regexp_replace(asked::text, '!\( [^()]* \)', mark, 'g'), '<(-|[0-9]+)>', '&', 'g')::tsquery;
  -- By the columns of an index alone, and with the organization, which is said of a pod besides.
  indexed constant text := case when inbox is not null then 's.pod_id = $2 and s.inbox_id = $3'
    when pod is not null then 's.pod_id = $2' else 's.organization_id = $1' end;
  mine constant text := indexed || ' and s.organization_id = $1';
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
  is_last boolean := false;
  likely_ones integer := 0;
  hit record;
begin
  if organization is null then
    return;
  end if;
  loop
    execute format('select s.timestamp, s.id from message_search as s where %s and (s.timestamp, s.id) <= ($4, $5)
      and (s.timestamp, s.id) > ($6, $7) order by s.timestamp desc, s.id desc offset %s limit 1', indexed, step)
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
    if not is_asked and (page - found_ones)::bigint * read_ones > worth_reading::bigint * found_ones then
      is_asked := true;
      if possibly <> exactly then
        execute format('select count(*) from (select s.words from message_search as s where %s and (s.timestamp, s.id) <= ($4, $5)
            and (s.timestamp, s.id) > ($6, $7) order by s.timestamp desc, s.id desc offset 0) as h where h.words @@ $8', mine)
          into likely_ones using organization, pod, inbox, upto, upto_id, place, place_id, possibly;
      end if;
      if likely_ones * likely <= read_ones then
        for hit in execute format('with possible as materialized (
              select s.pod_id, s.id, s.thread_id, s.timestamp, s.words from message_search as s
              where s.words @@ $13 and (s.timestamp, s.id) <= ($5, $6) and (s.timestamp, s.id) > ($7, $8)
                -- Beside the mark, which says the same. No plain comparison: one of the indexes by time would be taken for it.
                and s.organization_id is not distinct from $1 and ($2 is null or s.pod_id is not distinct from $2)
                and ($3 is null or s.inbox_id is not distinct from $3)
              limit %1$s + 1),
            few as (select count(*) <= %1$s as are from possible)
          select null::uuid as pod_id, null::uuid as id, null::uuid as thread_id, null::timestamptz as timestamp, 0::double precision as rank
          from few where are
          union all (
            select h.pod_id, h.id, h.thread_id, h.timestamp, ts_rank(h.words, $4)::double precision
            from (select p.* from possible as p, few where few.are order by p.timestamp desc, p.id desc offset 0) as h
            where h.words @@ $4 and %2$s limit $9)', few, shown)
          using organization, pod, inbox, asked, place, place_id, above, above_id, most - found_ones, newest, upto, upto_id, possibly
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
revoke all on function rookery_search(tsquery, timestamptz, uuid, timestamptz, uuid, timestamptz, boolean, integer, integer, integer) from public;
grant execute on function rookery_search(tsquery, timestamptz, uuid, timestamptz, uuid, timestamptz, boolean, integer, integer, integer)
  to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_search(tsquery, timestamptz, uuid, timestamptz, uuid, timestamptz, boolean, integer, integer, integer) owner to rookery_worker;
revoke create on schema public from rookery_worker;
