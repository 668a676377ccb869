-- Inboxes move between the pods of an organization: see docs/decisions/0029-moves.md.

-- An inbox on its way has two rows. The one in its old pod says where it goes, and the address leads to it; the one in its new pod
-- says where it comes from, and holds the place for what arrives there.
alter table inboxes
  add column moving_to uuid,
  add column moving_from uuid,
  add constraint inboxes_move_one_way check (moving_to is null or moving_from is null);
create index inboxes_on_their_way on inboxes (organization_id) where moving_from is not null;

alter table pods
  -- Set: the pod is deleted as soon as its inboxes have left it, and nobody finds it meanwhile.
  add column deleting_at timestamptz,
  -- Of the Default Pod: when its organization last had inboxes grouped by their domains.
  add column grouped_at timestamptz;

-- Tables whose rows name an inbox, its pod, and no message or event that takes them along: they move with the inbox. Those that a
-- database does not have are passed over. What is in none of these lists goes with the row of the inbox in its old pod.
create function rookery_moving_tables() returns text[] language sql immutable
  return '{idempotency_keys,send_counts,sent_recipients,receive_counts,rule_evaluations}'::text[];

-- Adds a table to them. Its rows have `pod_id` and `inbox_id`, and an index that begins with them; with an `id` (uuid) they move in
-- batches.
create function rookery_moves_with_inbox(table_name text) returns void language plpgsql as $$
begin
  execute format('create or replace function rookery_moving_tables() returns text[] language sql immutable return %L::text[]',
    rookery_moving_tables() || table_name);
end
$$;
revoke all on function rookery_moves_with_inbox(text) from public;

-- The columns of a table, without those of `except`.
create function rookery_columns(table_name text, except_columns text[]) returns text language sql stable
  return (select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
    where attrelid = table_name::regclass and attnum > 0 and not attisdropped and attname <> all (except_columns));

-- Copies rows into another pod, as they are when nobody else changes them any more. Gives how many. Rows of one pod lie on one
-- node: a row that changes its pod is a new row.
create function rookery_copy_rows(table_name text, source uuid, target uuid, key text, ids uuid[]) returns bigint
language plpgsql as $$
declare
  columns constant text := rookery_columns(table_name, '{pod_id}');
  copied bigint;
begin
  execute format('select from %I where pod_id = $1 and %I = any ($2) for update', table_name, key) using source, ids;
  execute format('insert into %1$I (pod_id, %2$s) select $2, %2$s from %1$I where pod_id = $1 and %3$I = any ($3) on conflict do nothing',
    table_name, columns, key) using source, target, ids;
  get diagnostics copied = row_count;
  return copied;
end
$$;

-- Deletes the rows that were copied. @throws when those are not as many: something would be lost
create function rookery_drop_rows(table_name text, source uuid, key text, ids uuid[], copied bigint) returns void
language plpgsql as $$
declare dropped bigint;
begin
  execute format('delete from %I where pod_id = $1 and %I = any ($2)', table_name, key) using source, ids;
  get diagnostics dropped = row_count;
  if dropped <> copied then
    raise exception '% rows of % were copied and % are there', copied, table_name, dropped;
  end if;
end
$$;

-- Refuses what is no move inside the caller's organization: requests of a pod or an inbox, pods of others, inboxes that are not on
-- their way from `source` to `target`.
create function rookery_check_move(source uuid, target uuid, inbox_ids uuid[]) returns void language plpgsql stable as $$
begin
  if rookery_pod() is not null
    or (select count(*) from pods where id = any (array[source, target]) and organization_id = rookery_organization()) <> 2
    or (select count(*) from inboxes as i where i.pod_id = target and i.id = any (inbox_ids)
      and i.organization_id = rookery_organization() and i.moving_from = source) <> cardinality(inbox_ids)
  then
    raise exception 'no move of these inboxes';
  end if;
end
$$;

-- Begins the move of inboxes, which the caller has locked: closes them, and makes room for them.
create function rookery_begin_move(source uuid, target uuid, inbox_ids uuid[]) returns void language plpgsql as $$
declare
  columns constant text := rookery_columns('inboxes', '{pod_id,moving_to,moving_from}');
begin
  execute format('insert into inboxes (pod_id, moving_from, %1$s) select $2, $1, %1$s from inboxes where pod_id = $1 and id = any ($3)
    on conflict do nothing', columns) using source, target, inbox_ids;
  update inboxes set moving_to = target where pod_id = source and id = any (inbox_ids);
end
$$;

-- Moves whole threads, the oldest first: until `most` messages or `most_bytes` octets of mail, or one that is larger. Gives whether
-- there is more.
create function rookery_move_mail(source uuid, target uuid, inbox_ids uuid[], most integer, most_bytes bigint) returns boolean
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
  perform rookery_drop_rows('outbound_deliveries', source, 'message_uuid', mails, copied[4]);
  perform rookery_drop_rows('attachments', source, 'thread_id', moved, copied[3]);
  perform rookery_drop_rows('messages', source, 'id', mails, copied[2]);
  perform rookery_drop_rows('threads', source, 'id', moved, copied[1]);
  return exists (select from unnest(inbox_ids) as box
    where exists (select from threads where pod_id = source and inbox_id = box));
end
$$;

-- Moves events, at most `most`, with their deliveries to endpoints that go on hearing of the inbox: its own and the organization's.
-- What the old pod's endpoints have not heard yet, they do not hear any more. A delivery that is due may be under way: it is due
-- again when that attempt has ended, whose record follows the row (domain/notify/webhooks/delivery.ts).
create function rookery_move_events(source uuid, target uuid, inbox_ids uuid[], most integer, due_after interval) returns boolean
language plpgsql as $$
declare
  moved constant uuid[] := array(
    select id from events where pod_id = source and inbox_id = any (inbox_ids) order by inbox_id, id limit most);
  copied bigint[];
begin
  if moved = '{}' then
    return false;
  end if;
  -- With their attempts, which point at them.
  delete from webhook_deliveries as d where d.pod_id = source and d.event_id = any (moved) and not exists (
    select from webhooks as w where w.id = d.webhook_id and (w.pod_id is null or w.inbox_id = d.inbox_id));
  copied := array[rookery_copy_rows('events', source, target, 'id', moved),
    rookery_copy_rows('webhook_deliveries', source, target, 'event_id', moved),
    rookery_copy_rows('webhook_attempts', source, target, 'event_id', moved)];
  perform rookery_drop_rows('webhook_attempts', source, 'event_id', moved, copied[3]);
  perform rookery_drop_rows('webhook_deliveries', source, 'event_id', moved, copied[2]);
  perform rookery_drop_rows('events', source, 'id', moved, copied[1]);
  update webhook_deliveries set next_attempt_at = greatest(next_attempt_at, now() + due_after)
  where pod_id = target and event_id = any (moved) and state = 'pending';
  return exists (select from events where pod_id = source and inbox_id = any (inbox_ids));
end
$$;

-- Moves rows with an id of one inbox, by an index that begins with pod and inbox. Gives how many.
create function rookery_move_of_inbox(table_name text, source uuid, target uuid, inbox uuid, most integer) returns bigint
language plpgsql as $$
declare
  columns constant text := rookery_columns(table_name, '{pod_id}');
  ids uuid[];
  copied bigint;
  dropped bigint;
begin
  execute format('select array(select id from %I where pod_id = $1 and inbox_id = $2 order by id limit $3)', table_name)
  into ids using source, inbox, most;
  execute format('select from %I where pod_id = $1 and inbox_id = $2 and id = any ($3) for update', table_name) using source, inbox, ids;
  execute format('insert into %1$I (pod_id, %2$s) select $4, %2$s from %1$I where pod_id = $1 and inbox_id = $2 and id = any ($3)
    on conflict do nothing', table_name, columns) using source, inbox, ids, target;
  get diagnostics copied = row_count;
  execute format('delete from %I where pod_id = $1 and inbox_id = $2 and id = any ($3)', table_name) using source, inbox, ids;
  get diagnostics dropped = row_count;
  if dropped <> copied then
    raise exception '% rows of % were copied and % are there', copied, table_name, dropped;
  end if;
  return copied;
end
$$;

-- Moves rows of the other tables: at most `most` of each inbox, where they have an id.
create function rookery_move_rest(source uuid, target uuid, inbox_ids uuid[], most integer) returns boolean language plpgsql as $$
declare
  table_name text;
  box uuid;
  moved bigint;
  more boolean := false;
  queued uuid[];
begin
  foreach table_name in array rookery_moving_tables() loop
    if to_regclass(table_name) is null then
      continue;
    end if;
    if exists (select from pg_attribute where attrelid = table_name::regclass and attname = 'id' and not attisdropped) then
      for box in select unnest(inbox_ids) loop
        moved := rookery_move_of_inbox(table_name, source, target, box, most);
        more := more or moved = most;
      end loop;
    else
      perform rookery_drop_rows(table_name, source, 'inbox_id', inbox_ids,
        rookery_copy_rows(table_name, source, target, 'inbox_id', inbox_ids));
    end if;
  end loop;
  -- Copies still to be delivered of messages that were deleted. Of those that are settled the sweep deletes what is left.
  queued := array(select id from outbound_deliveries
    where pod_id = source and inbox_id = any (inbox_ids) and state = 'queued' order by message_uuid limit most);
  insert into blobs (pod_id, sha256, organization_id, size, content, created_at)
  select target, b.sha256, b.organization_id, b.size, b.content, b.created_at from blobs as b
  where b.pod_id = source and b.sha256 in (
    select raw_sha256 from outbound_deliveries where pod_id = source and id = any (queued))
  on conflict do nothing;
  perform rookery_drop_rows('outbound_deliveries', source, 'id', queued,
    rookery_copy_rows('outbound_deliveries', source, target, 'id', queued));
  return more or cardinality(queued) = most;
end
$$;

-- One batch of a move: all that requests may do with rows that they may not write otherwise. Gives whether there is more.
create function rookery_move_batch(
  source uuid, target uuid, inbox_ids uuid[], most integer, most_bytes bigint, due_after interval
) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform rookery_check_move(source, target, inbox_ids);
  return rookery_move_mail(source, target, inbox_ids, most, most_bytes)
    -- Events behind the messages they are about.
    or rookery_move_events(source, target, inbox_ids, most, due_after)
    or rookery_move_rest(source, target, inbox_ids, most);
end
$$;

-- Ends the move of inboxes whose rows in `source` the caller has locked, and which hold nothing there any more: their addresses lead
-- to the new pod, and what belongs to them is there. A client_id that somebody took there meanwhile is lost.
create function rookery_end_move(source uuid, target uuid, inbox_ids uuid[], at timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare table_name text;
begin
  perform rookery_check_move(source, target, inbox_ids);
  update inboxes as i set moving_from = null, updated_at = at,
    client_id = case when exists (select from client_ids as c where c.home_id = target and c.kind = 'inbox'
      and c.client_id = i.client_id and c.resource_id <> i.id) then null else i.client_id end
  where i.pod_id = target and i.id = any (inbox_ids);
  delete from client_ids as c where c.kind = 'inbox' and c.resource_id = any (inbox_ids) and exists (
    select from client_ids as other where other.home_id = target and other.kind = 'inbox' and other.client_id = c.client_id
      and other.resource_id <> c.resource_id);
  update client_ids set home_id = target where home_id = source and kind = 'inbox' and resource_id = any (inbox_ids);
  foreach table_name in array rookery_home_tables() loop
    execute format('update %I set pod_id = $2 where pod_id = $1 and inbox_id = any ($3)', table_name) using source, target, inbox_ids;
  end loop;
  delete from inboxes where pod_id = source and id = any (inbox_ids);
end
$$;

do $$
declare name text;
begin
  foreach name in array array['rookery_moving_tables()', 'rookery_columns(text, text[])', 'rookery_copy_rows(text, uuid, uuid, text, uuid[])',
    'rookery_drop_rows(text, uuid, text, uuid[], bigint)', 'rookery_check_move(uuid, uuid, uuid[])',
    'rookery_move_mail(uuid, uuid, uuid[], integer, bigint)', 'rookery_move_events(uuid, uuid, uuid[], integer, interval)',
    'rookery_move_of_inbox(text, uuid, uuid, uuid, integer)', 'rookery_move_rest(uuid, uuid, uuid[], integer)'] loop
    execute format('revoke all on function %s from public', name);
    execute format('grant execute on function %s to rookery_worker', name);
  end loop;
end
$$;
revoke all on function rookery_begin_move(uuid, uuid, uuid[]) from public;
grant execute on function rookery_begin_move(uuid, uuid, uuid[]) to rookery_app;
grant execute on function rookery_columns(text, text[]) to rookery_app;
revoke all on function rookery_move_batch(uuid, uuid, uuid[], integer, bigint, interval) from public;
grant execute on function rookery_move_batch(uuid, uuid, uuid[], integer, bigint, interval) to rookery_app;
revoke all on function rookery_end_move(uuid, uuid, uuid[], timestamptz) from public;
grant execute on function rookery_end_move(uuid, uuid, uuid[], timestamptz) to rookery_app;
grant create on schema public to rookery_worker;
alter function rookery_move_batch(uuid, uuid, uuid[], integer, bigint, interval) owner to rookery_worker;
alter function rookery_end_move(uuid, uuid, uuid[], timestamptz) owner to rookery_worker;
revoke create on schema public from rookery_worker;
