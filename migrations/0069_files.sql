-- Files of inboxes, which are named by a path: docs/decisions/0087-files.md.

create table files (
  pod_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  -- In the order of its bytes, which is that of lists and of prefixes, whatever the database's own.
  path text collate "C" not null,
  -- As its creator says, and as its bytes are held to.
  size integer not null,
  sha256 bytea not null,
  content_type text not null,
  -- pending: without bytes; stored: with them, and not completed yet.
  state text not null check (state in ('pending', 'stored', 'ready')),
  -- Of the upload whose pieces are kept; null: of none yet.
  upload_id uuid,
  -- Who created it; null: the system.
  key_id uuid,
  expires_at timestamptz,
  -- From when on it is absent: as it expires, or a day after its creation unless it is ready; infinity: never.
  ends_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pod_id, id),
  unique (pod_id, inbox_id, path),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade
);
-- What an organization has, which its quota bounds: by the index alone.
create index files_of_organization on files (organization_id, ends_at) include (size);
-- Those that are to be deleted some day.
create index files_ending on files (pod_id, ends_at) where ends_at < 'infinity';
select rookery_isolate('files');

-- Its bytes, in pieces: each is a blob of its own, so that neither an upload nor a download holds more than one of them.
create table file_pieces (
  pod_id uuid not null,
  file_id uuid not null,
  position integer not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  sha256 bytea not null,
  primary key (pod_id, file_id, position),
  foreign key (pod_id, file_id) references files (pod_id, id) on delete cascade,
  constraint file_pieces_blob foreign key (pod_id, sha256) references blobs (pod_id, sha256)
);
create index file_pieces_by_blob on file_pieces (pod_id, sha256);
select rookery_isolate('file_pieces');
select rookery_refers_to_blobs('file_pieces', 'sha256');

-- What the caller's organization has that has not ended, in all of its pods, whatever the caller's scope. Until the transaction ends nobody else
-- of the organization is told: what is added behind it is within the quota, or is not added.
create function rookery_files_held(at timestamptz) returns table (files bigint, bytes bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  organization constant uuid := rookery_organization();
begin
  perform pg_advisory_xact_lock(1907010, hashtext(organization::text));
  return query
    select count(*), coalesce(sum(f.size), 0)::bigint from files as f where f.organization_id = organization and f.ends_at > at;
end
$$;
revoke all on function rookery_files_held(timestamptz) from public;
grant execute on function rookery_files_held(timestamptz) to rookery_app;
grant create on schema public to rookery_worker;
alter function rookery_files_held(timestamptz) owner to rookery_worker;
revoke create on schema public from rookery_worker;

-- Moves files with their pieces and the bytes of those, until `most` files or `most_bytes` octets, or one that is larger. Gives whether there is more.
create function rookery_move_files(source uuid, target uuid, inbox_ids uuid[], most integer, most_bytes bigint) returns boolean
language plpgsql as $$
declare
  moved uuid[];
  copied bigint[];
begin
  moved := array(
    select id from (
      select id, sum(size) over by_id as bytes, row_number() over by_id as place
      from (select f.* from unnest(inbox_ids) as box cross join lateral (
          select id, size from files where pod_id = source and inbox_id = box order by path limit most) as f
        limit most) as f
      window by_id as (order by id rows unbounded preceding)) as counted
    where place = 1 or bytes <= most_bytes);
  if moved = '{}' then
    return false;
  end if;
  -- A piece that is being kept is waited for.
  perform from files where pod_id = source and id = any (moved) order by id for update;
  insert into blobs (pod_id, sha256, organization_id, size, content, created_at)
  select target, b.sha256, b.organization_id, b.size, b.content, b.created_at from blobs as b
  where b.pod_id = source and b.sha256 in (
    select sha256 from file_pieces where pod_id = source and file_id = any (moved))
  on conflict do nothing;
  copied := array[rookery_copy_rows('files', source, target, 'id', moved),
    rookery_copy_rows('file_pieces', source, target, 'file_id', moved)];
  perform rookery_drop_rows('file_pieces', source, 'file_id', moved, copied[2]);
  perform rookery_drop_rows('files', source, 'id', moved, copied[1]);
  return exists (select from unnest(inbox_ids) as box
    where exists (select from files where pod_id = source and inbox_id = box));
end
$$;
revoke all on function rookery_move_files(uuid, uuid, uuid[], integer, bigint) from public;
grant execute on function rookery_move_files(uuid, uuid, uuid[], integer, bigint) to rookery_worker;

-- As before, with files.
create or replace function rookery_move_batch(
  source uuid, target uuid, inbox_ids uuid[], most integer, most_bytes bigint, due_after interval
) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform rookery_check_move(source, target, inbox_ids);
  return rookery_move_mail(source, target, inbox_ids, most, most_bytes)
    -- Events behind the messages they are about.
    or rookery_move_events(source, target, inbox_ids, most, due_after)
    or rookery_move_drafts(source, target, inbox_ids, most, most_bytes)
    or rookery_move_files(source, target, inbox_ids, most, most_bytes)
    or rookery_move_rest(source, target, inbox_ids, most);
end
$$;
