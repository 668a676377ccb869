-- Lists of threads and of drafts by a label that few have, at every level; what an endpoint may not read. See
-- docs/decisions/0052-what-endpoints-read.md.

-- Labels as indexes have them: with the organization, the pod and the inbox that they are in, as a list of any of them asks.
create function rookery_label_marks(organization uuid, pod uuid, inbox uuid, labels text[]) returns text[] language sql immutable parallel safe
  return array(select mark || label from unnest(labels) as label
    cross join unnest(array['o' || organization::text || ' ', 'p' || pod::text || ' ', 'i' || inbox::text || ' ']) as mark);

-- Of mail as before, and now at every level; a thread has the labels of its messages. Mail that arrives, received and unread, is not in it.
create index messages_by_label_mark on messages
  using gin (rookery_label_marks(organization_id, pod_id, inbox_id, array_remove(array_remove(labels, 'received'), 'unread')))
  where not labels <@ '{received,unread}';
create index drafts_by_label on drafts using gin (rookery_label_marks(organization_id, pod_id, inbox_id, labels)) where labels <> '{}';
-- Unread threads of a pod or an inbox are found by messages_unread.
create index threads_unread on threads (organization_id, timestamp, id) where labels @> '{unread}';

-- The mark of a label in the narrowest that is named; null outside the scope of the transaction.
create function rookery_label_mark(pod uuid, inbox uuid, label text) returns text language plpgsql stable as $$
begin
  if pod is distinct from coalesce(rookery_pod(), pod) or inbox is distinct from coalesce(rookery_inbox(), inbox) then
    return null;
  end if;
  return coalesce('i' || inbox::text, 'p' || pod::text, 'o' || rookery_organization()::text) || ' ' || label;
end
$$;

-- As before, by the index of every level.
create or replace function rookery_labelled(pod uuid, inbox uuid, label text, most integer) returns uuid[]
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  mark constant text := rookery_label_mark(pod, inbox, label);
begin
  return array(
    select m.id from messages as m
    where m.organization_id = rookery_organization() and not m.labels <@ '{received,unread}'
      and rookery_label_marks(m.organization_id, m.pod_id, m.inbox_id, array_remove(array_remove(m.labels, 'received'), 'unread'))
        @> array[mark]
    limit most);
end
$$;
drop index messages_by_label;
drop function rookery_label_keys(uuid, text[]);

-- Ids of the threads that have a label, in a pod and inbox, of which null is every one; null when `most` messages or more have it. Unread is
-- found in a pod or an inbox only. Runs as rookery_worker, and so asks for the scope itself.
create function rookery_labelled_threads(pod uuid, inbox uuid, label text, most integer) returns uuid[]
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  mark constant text := rookery_label_mark(pod, inbox, label);
  found uuid[];
begin
  if label = 'unread' then
    found := array(
      select m.thread_id from messages as m
      where m.organization_id = rookery_organization() and m.pod_id = pod and (inbox is null or m.inbox_id = inbox)
        and m.labels @> '{unread}' and mark is not null
      limit most);
  else
    found := array(
      select m.thread_id from messages as m
      where m.organization_id = rookery_organization() and not m.labels <@ '{received,unread}'
        and rookery_label_marks(m.organization_id, m.pod_id, m.inbox_id, array_remove(array_remove(m.labels, 'received'), 'unread'))
          @> array[mark]
      limit most);
  end if;
  if cardinality(found) >= most then
    return null;
  end if;
  return array(select distinct id from unnest(found) as id);
end
$$;

-- The same of drafts; null when `most` or more have it.
create function rookery_labelled_drafts(pod uuid, inbox uuid, label text, most integer) returns uuid[]
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  mark constant text := rookery_label_mark(pod, inbox, label);
  found constant uuid[] := array(
    select d.id from drafts as d
    where d.organization_id = rookery_organization() and d.labels <> '{}'
      and rookery_label_marks(d.organization_id, d.pod_id, d.inbox_id, d.labels) @> array[mark]
    limit most);
begin
  return case when cardinality(found) < most then found end;
end
$$;

revoke all on function rookery_label_marks(uuid, uuid, uuid, text[]), rookery_label_mark(uuid, uuid, text) from public;
grant execute on function rookery_label_marks(uuid, uuid, uuid, text[]) to rookery_app, rookery_worker;
grant execute on function rookery_label_mark(uuid, uuid, text) to rookery_worker;
revoke all on function rookery_labelled_threads(uuid, uuid, text, integer), rookery_labelled_drafts(uuid, uuid, text, integer) from public;
grant execute on function rookery_labelled_threads(uuid, uuid, text, integer), rookery_labelled_drafts(uuid, uuid, text, integer) to rookery_app;
grant create on schema public to rookery_worker;
alter function rookery_labelled_threads(uuid, uuid, text, integer) owner to rookery_worker;
alter function rookery_labelled_drafts(uuid, uuid, text, integer) owner to rookery_worker;
revoke create on schema public from rookery_worker;

-- Permissions to read that the keys did not hold by which a subscription was made: what takes one of them is not for its receiver.
alter table webhooks add column lacked text[] not null default '{}';
alter table polling_webhooks add column lacked text[] not null default '{}';
