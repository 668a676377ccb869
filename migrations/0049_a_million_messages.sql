-- What inboxes hold, kept by those who store and delete mail. See docs/decisions/0061-a-million-messages.md.

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
