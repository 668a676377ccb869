-- Metrics: what happened and what is held, by the hour. See docs/decisions/0048-metrics.md.

-- Events of a time, of a whole organization.
create index events_by_organization on events (organization_id, id);

-- Until when its events are counted below, and from when on all of them are still there; null: not yet, and from ever.
alter table organizations
  add column counted_to timestamptz,
  add column events_from timestamptz;

-- Events by the hour in which they happened. Of those of an inbox that is deleted the pod keeps them.
create table event_counts (
  pod_id uuid not null references pods (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  organization_id uuid not null,
  inbox_id uuid,
  hour timestamptz not null,
  type text not null,
  count integer not null,
  primary key (pod_id, id),
  unique nulls not distinct (pod_id, inbox_id, hour, type)
);
create index event_counts_by_pod on event_counts (pod_id, hour);
create index event_counts_by_organization on event_counts (organization_id, hour);
select rookery_isolate('event_counts', granted => 'select');

-- What an inbox, or a pod (inbox_id is null), holds from then on, until the next row of it.
create table usage_history (
  pod_id uuid not null references pods (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  organization_id uuid not null,
  inbox_id uuid,
  at timestamptz not null,
  bytes bigint not null,
  messages bigint not null,
  threads bigint not null,
  -- Of a pod.
  inboxes integer,
  domains integer,
  primary key (pod_id, id),
  unique nulls not distinct (pod_id, inbox_id, at),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade
);
create index usage_history_by_organization on usage_history (organization_id, at);
select rookery_isolate('usage_history', granted => 'select');

-- The same of whole organizations, with what pods that are deleted had.
create table organization_event_counts (
  organization_id uuid not null references organizations (id),
  -- Always null: they are the organization's, and no key of a pod sees them.
  pod_id uuid check (pod_id is null),
  hour timestamptz not null,
  type text not null,
  count integer not null,
  primary key (organization_id, hour, type)
);
select rookery_isolate('organization_event_counts', inbox => null, granted => 'select');

create table organization_usage_history (
  organization_id uuid not null references organizations (id),
  pod_id uuid check (pod_id is null),
  at timestamptz not null,
  bytes bigint not null,
  messages bigint not null,
  threads bigint not null,
  inboxes integer not null,
  domains integer not null,
  pods integer not null,
  primary key (organization_id, at)
);
select rookery_isolate('organization_usage_history', inbox => null, granted => 'select');

-- Has the counts of inboxes follow them into another pod. Both pods may have some of an hour in which events moved and were counted.
create function rookery_move_metrics(source uuid, target uuid, inbox_ids uuid[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform rookery_check_move(source, target, inbox_ids);
  insert into event_counts (pod_id, id, organization_id, inbox_id, hour, type, count)
  select target, id, organization_id, inbox_id, hour, type, count from event_counts
  where pod_id = source and inbox_id = any (inbox_ids)
  on conflict (pod_id, inbox_id, hour, type) do update set count = greatest(event_counts.count, excluded.count);
  delete from event_counts where pod_id = source and inbox_id = any (inbox_ids);
  insert into usage_history (pod_id, id, organization_id, inbox_id, at, bytes, messages, threads)
  select target, id, organization_id, inbox_id, at, bytes, messages, threads from usage_history
  where pod_id = source and inbox_id = any (inbox_ids)
  on conflict do nothing;
  delete from usage_history where pod_id = source and inbox_id = any (inbox_ids);
end
$$;
revoke all on function rookery_move_metrics(uuid, uuid, uuid[]) from public;
grant execute on function rookery_move_metrics(uuid, uuid, uuid[]) to rookery_app;
grant create on schema public to rookery_worker;
alter function rookery_move_metrics(uuid, uuid, uuid[]) owner to rookery_worker;
revoke create on schema public from rookery_worker;

-- Text that was taken out of documents, by their bytes, and as long as those are kept; null: there is none. Requests read it by links alone.
create table blob_texts (
  pod_id uuid not null,
  sha256 bytea not null,
  organization_id uuid not null,
  text text,
  created_at timestamptz not null,
  primary key (pod_id, sha256),
  foreign key (pod_id, sha256) references blobs (pod_id, sha256) on delete cascade
);
select rookery_isolate('blob_texts', inbox => null, granted => 'references');

-- Lists by a label, of which few messages of a large inbox have it. Unread mail is listed in order; of other labels a function tells which
-- messages have one when they are few: row-level security lets requests use no index of arrays. Mail that arrives, received and unread, is
-- in the first index alone.
create index messages_unread on messages (pod_id, inbox_id, timestamp, id) where labels @> '{unread}';

create function rookery_label_keys(inbox uuid, labels text[]) returns text[] language sql immutable parallel safe
  return array(select inbox::text || ' ' || label from unnest(labels) as label where label not in ('received', 'unread'));
create index messages_by_label on messages using gin (rookery_label_keys(inbox_id, labels))
  where not labels <@ '{received,unread}';

-- Ids of the messages of an inbox that have a label, at most `most`. Runs as rookery_worker, and so asks for the scope itself.
create function rookery_labelled(pod uuid, inbox uuid, label text, most integer) returns uuid[]
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  organization constant uuid := rookery_organization();
begin
  if pod is distinct from coalesce(rookery_pod(), pod) or inbox is distinct from coalesce(rookery_inbox(), inbox) then
    return '{}';
  end if;
  return array(
    select m.id from messages as m
    where m.pod_id = pod and m.inbox_id = inbox and m.organization_id = organization
      and rookery_label_keys(m.inbox_id, m.labels) @> array[inbox::text || ' ' || label] and not m.labels <@ '{received,unread}'
    limit most);
end
$$;
revoke all on function rookery_label_keys(uuid, text[]) from public;
grant execute on function rookery_label_keys(uuid, text[]) to rookery_app, rookery_worker;
revoke all on function rookery_labelled(uuid, uuid, text, integer) from public;
grant execute on function rookery_labelled(uuid, uuid, text, integer) to rookery_app;
grant create on schema public to rookery_worker;
alter function rookery_labelled(uuid, uuid, text, integer) owner to rookery_worker;
revoke create on schema public from rookery_worker;
