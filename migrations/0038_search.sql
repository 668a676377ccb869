-- Full text search of mail, and inboxes by how the words of their names begin. See docs/decisions/0046-search.md.

-- Messages that are not in message_search yet: a row each from the transaction that stores the message to the one that indexes it. It
-- refers to nothing, so that it costs a commit next to nothing; who indexes passes over what is gone.
create table search_queue (
  pod_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  primary key (pod_id, id)
);
create index search_queue_by_organization on search_queue (organization_id, id);
select rookery_isolate('search_queue', granted => 'select, insert');

-- The words of a message, among them whose it is and of which week: '@o', '@p' and '@i' with an id without its dashes, '@w' with a
-- number. PostgreSQL reads the shortest of the lists that it has to intersect and looks the rest up in the others, so a search costs
-- what its own inbox, pod or organization holds, whoever else has the word. Rows are kept narrow: a search reads thousands of them, and
-- the words of a few hundred.
create table message_search (
  pod_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  thread_id uuid not null,
  timestamp timestamptz not null,
  words tsvector not null,
  primary key (pod_id, id),
  foreign key (pod_id, id) references messages (pod_id, id) on delete cascade
) with (toast_tuple_target = 256);
create index message_search_by_words on message_search using gin (words);
select rookery_isolate('message_search', granted => 'select');

-- What a scope is called among the words.
create function rookery_search_mark(kind text, id uuid) returns text language sql immutable
  return '@' || kind || replace(id::text, '-', '');

-- Weeks since 1970, none before it.
create function rookery_search_week(at timestamptz) returns integer language sql immutable
  return greatest(0, floor(extract(epoch from at) / 604800))::integer;

-- The newest messages of the transaction's scope that have what is asked for, in (above, upto], at most `most`; with their ranks. Those
-- with a label that hides them are left out, and with `of_threads` those of threads that have such a label. With `of_threads` and a
-- `newest`, threads are left out that have such a message behind `upto` and not after `newest`: they were found before.
--
-- Row-level security would have PostgreSQL read every row of the scope before it may ask whether its words match, as that operator
-- could leak what it sees. So this runs as rookery_worker, takes the scope from the settings that policies read, and gives ids and
-- ranks, by which requests then read messages under their policies.
--
-- Where there are few such messages all are looked at. Where there are many, weeks are walked back from `upto`, twice as many at each
-- step, so that what is read does not grow with the mail there is.
create function rookery_search(
  asked tsquery, upto timestamptz, upto_id uuid, above timestamptz, above_id uuid, newest timestamptz, of_threads boolean, most integer
) returns table (pod_id uuid, id uuid, thread_id uuid, "timestamp" timestamptz, rank double precision)
language plpgsql stable security definer
set search_path = public, pg_temp set plan_cache_mode = force_custom_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  organization constant uuid := rookery_organization();
  pod constant uuid := rookery_pod();
  inbox constant uuid := rookery_inbox();
  hidden constant text[] := '{spam,blocked,unauthenticated,trash}';
  few constant integer := 3000;
  widest constant integer := 64;
  scope constant tsquery := quote_literal(case when inbox is not null then rookery_search_mark('i', inbox)
    when pod is not null then rookery_search_mark('p', pod) else rookery_search_mark('o', organization) end)::tsquery;
  found_ones integer := 0;
  added integer;
  week integer := rookery_search_week(least(upto, now() + interval '2 days'));
  last constant integer := rookery_search_week(greatest(above, timestamptz '1970-01-01'));
  step integer := 1;
  within tsquery := scope && asked;
  is_last boolean;
begin
  if organization is null then
    return;
  end if;
  select count(*) <= few into is_last from (
    select from message_search as s where s.words @@ within and (s.timestamp, s.id) <= (upto, upto_id)
      and (s.timestamp, s.id) > (above, above_id) limit few + 1) as counted;
  loop
    if not is_last then
      step := least(step, week - last + 1);
      within := scope && (select string_agg(quote_literal('@w' || w), '|') from generate_series(week - step + 1, week) as w)::tsquery && asked;
      week := week - step;
      step := least(step * 2, widest);
      is_last := week < last;
    end if;
    return query
      select h.pod_id, h.id, h.thread_id, h.timestamp,
        (select ts_rank(s.words, asked)::double precision from message_search as s where s.pod_id = h.pod_id and s.id = h.id)
      from (
        select * from (
          select s.pod_id, s.id, s.thread_id, s.timestamp from message_search as s
          where s.words @@ within and (s.timestamp, s.id) <= (upto, upto_id) and (s.timestamp, s.id) > (above, above_id)
            -- Beside the mark, which says the same. No plain comparison: an index of all of a pod would be taken for it.
            and s.organization_id is not distinct from organization and (pod is null or s.pod_id is not distinct from pod)
            and (inbox is null or s.inbox_id is not distinct from inbox)
          order by s.timestamp desc, s.id desc offset 0) as newest_first
        where case when of_threads
          then (select not t.labels && hidden from threads as t where t.pod_id = newest_first.pod_id and t.id = newest_first.thread_id)
            and (newest is null or not exists (select from messages as m join message_search as s on s.pod_id = m.pod_id and s.id = m.id
              where m.pod_id = newest_first.pod_id and m.thread_id = newest_first.thread_id and (m.timestamp, m.id) > (upto, upto_id)
                and m.timestamp <= newest and s.words @@ asked))
          else (select not m.labels && hidden from messages as m where m.pod_id = newest_first.pod_id and m.id = newest_first.id) end
        limit most - found_ones) as h;
    get diagnostics added = row_count;
    found_ones := found_ones + added;
    exit when is_last or found_ones >= most;
  end loop;
end
$$;
revoke all on function rookery_search(tsquery, timestamptz, uuid, timestamptz, uuid, timestamptz, boolean, integer) from public;
grant execute on function rookery_search(tsquery, timestamptz, uuid, timestamptz, uuid, timestamptz, boolean, integer)
  to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_search(tsquery, timestamptz, uuid, timestamptz, uuid, timestamptz, boolean, integer) owner to rookery_worker;
revoke create on schema public from rookery_worker;

-- As in 0023, with the words of messages, which name the pod, and with those that wait for theirs.
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
  insert into search_queue (pod_id, id, organization_id, inbox_id)
  select target, id, organization_id, inbox_id from search_queue where pod_id = source and id = any (mails) on conflict do nothing;
  delete from search_queue where pod_id = source and id = any (mails);
  perform rookery_drop_rows('outbound_deliveries', source, 'message_uuid', mails, copied[4]);
  perform rookery_drop_rows('attachments', source, 'thread_id', moved, copied[3]);
  perform rookery_drop_rows('messages', source, 'id', mails, copied[2]);
  perform rookery_drop_rows('threads', source, 'id', moved, copied[1]);
  return exists (select from unnest(inbox_ids) as box
    where exists (select from threads where pod_id = source and inbox_id = box));
end
$$;

-- What there is. A version before this one that still runs adds more: a process that starts looks for those of the last day.
insert into search_queue (pod_id, id, organization_id, inbox_id)
select pod_id, id, organization_id, inbox_id from messages on conflict do nothing;

-- The words of an inbox's address and display name, in lower case without diacritics.
create table inbox_words (
  pod_id uuid not null,
  inbox_id uuid not null,
  word text collate "C" not null,
  organization_id uuid not null,
  -- The inbox's.
  created_at timestamptz not null,
  primary key (pod_id, inbox_id, word),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade
);
create index inbox_words_by_organization on inbox_words (organization_id, word, created_at, inbox_id) include (pod_id);
create index inbox_words_by_pod on inbox_words (pod_id, word, created_at, inbox_id) include (organization_id);
select rookery_isolate('inbox_words');
select rookery_moves_with_inbox('inbox_words');

-- Pods that have messages to index, in the order of their ids behind `after`, at most `most`: one look-up of the index for each, however
-- many messages they have.
create function rookery_pods_to_index(after uuid, most integer) returns setof uuid language plpgsql stable as $$
declare
  pod uuid := after;
begin
  for place in 1..most loop
    select q.pod_id into pod from search_queue as q where q.pod_id > pod order by q.pod_id limit 1;
    exit when pod is null;
    return next pod;
  end loop;
end
$$;
revoke all on function rookery_pods_to_index(uuid, integer) from public;
grant execute on function rookery_pods_to_index(uuid, integer) to rookery_worker;
