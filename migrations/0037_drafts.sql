-- Drafts: messages that were not sent, and those to be sent at a time. See docs/decisions/0045-drafts.md.

create table drafts (
  pod_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  client_id text,
  kind text not null check (kind in ('new', 'reply', 'forward')),
  -- The message that it answers or forwards, which may be deleted meanwhile, and that message's thread.
  source_uuid uuid,
  thread_id uuid,
  -- Message id of that message as the API has it, and the Message-IDs of the References field.
  source_message_id text,
  "references" text[] not null,
  labels text[] not null,
  reply_to text[] not null,
  "to" text[] not null,
  cc text[] not null,
  bcc text[] not null,
  subject text,
  preview text,
  text text,
  html text,
  attachment_count integer not null,
  -- Bytes of its texts and files.
  size integer not null,
  send_at timestamptz,
  send_status text check (send_status in ('scheduled', 'failed')),
  -- When it is tried: at send_at, and later when the server was at fault.
  due_at timestamptz,
  attempts integer not null,
  -- Why it was not sent: code, message and hint of the failure.
  failure jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pod_id, id),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade,
  constraint drafts_source_check check ((kind = 'new') = (source_uuid is null)),
  constraint drafts_schedule_check check ((send_status is null) = (send_at is null)
    and (send_status is not distinct from 'scheduled') = (due_at is not null) and (send_status is not distinct from 'failed') = (failure is not null))
);
create index drafts_by_inbox on drafts (pod_id, inbox_id, updated_at, id);
create index drafts_by_pod on drafts (pod_id, updated_at, id);
create index drafts_by_organization on drafts (organization_id, updated_at, id);
create index drafts_by_id on drafts (organization_id, id);
create index drafts_scheduled on drafts (pod_id, due_at, id) where send_status = 'scheduled';
select rookery_isolate('drafts');

create table draft_attachments (
  pod_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  draft_id uuid not null,
  filename text,
  content_type text,
  content_disposition text,
  content_id text,
  size integer not null,
  sha256 bytea not null,
  primary key (pod_id, id),
  foreign key (pod_id, draft_id) references drafts (pod_id, id) on delete cascade,
  constraint draft_attachments_blob foreign key (pod_id, sha256) references blobs (pod_id, sha256)
);
create index draft_attachments_by_draft on draft_attachments (pod_id, draft_id, id);
create index draft_attachments_by_blob on draft_attachments (pod_id, sha256);
select rookery_isolate('draft_attachments');
select rookery_refers_to_blobs('draft_attachments', 'sha256');

alter table client_ids drop constraint client_ids_kind_check;
alter table client_ids add constraint client_ids_kind_check
  check (kind in ('pod', 'inbox', 'domain', 'webhook', 'organization_domain', 'organization_webhook', 'draft'));

-- Moves drafts with their files and the bytes of those, until `most` drafts or `most_bytes` octets, or one that is larger. Gives
-- whether there is more.
create function rookery_move_drafts(source uuid, target uuid, inbox_ids uuid[], most integer, most_bytes bigint) returns boolean
language plpgsql as $$
declare
  moved uuid[];
  copied bigint[];
begin
  moved := array(
    select id from (
      select id, sum(size) over oldest as bytes, row_number() over oldest as place
      from (select d.* from unnest(inbox_ids) as box cross join lateral (
          select id, size, updated_at from drafts where pod_id = source and inbox_id = box
          order by updated_at, id limit most) as d
        order by updated_at, id limit most) as d
      window oldest as (order by updated_at, id rows unbounded preceding)) as counted
    where place = 1 or bytes <= most_bytes);
  if moved = '{}' then
    return false;
  end if;
  -- One that is being sent is waited for, and is gone then.
  perform from drafts where pod_id = source and id = any (moved) order by id for update;
  insert into blobs (pod_id, sha256, organization_id, size, content, created_at)
  select target, b.sha256, b.organization_id, b.size, b.content, b.created_at from blobs as b
  where b.pod_id = source and b.sha256 in (
    select sha256 from draft_attachments where pod_id = source and draft_id = any (moved))
  on conflict do nothing;
  copied := array[rookery_copy_rows('drafts', source, target, 'id', moved),
    rookery_copy_rows('draft_attachments', source, target, 'draft_id', moved)];
  perform rookery_drop_rows('draft_attachments', source, 'draft_id', moved, copied[2]);
  perform rookery_drop_rows('drafts', source, 'id', moved, copied[1]);
  return exists (select from unnest(inbox_ids) as box
    where exists (select from drafts where pod_id = source and inbox_id = box));
end
$$;
revoke all on function rookery_move_drafts(uuid, uuid, uuid[], integer, bigint) from public;
grant execute on function rookery_move_drafts(uuid, uuid, uuid[], integer, bigint) to rookery_worker;

-- As before, with drafts.
create or replace function rookery_move_batch(
  source uuid, target uuid, inbox_ids uuid[], most integer, most_bytes bigint, due_after interval
) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform rookery_check_move(source, target, inbox_ids);
  return rookery_move_mail(source, target, inbox_ids, most, most_bytes)
    -- Events behind the messages they are about.
    or rookery_move_events(source, target, inbox_ids, most, due_after)
    or rookery_move_drafts(source, target, inbox_ids, most, most_bytes)
    or rookery_move_rest(source, target, inbox_ids, most);
end
$$;
