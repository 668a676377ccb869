-- What the installation as a whole knows of its own secrets, in one row that every start locks: processes that start at once on
-- an empty database make one organization and one root key. Local to one node on a distributed PostgreSQL.
create table installation (
  id boolean primary key default true check (id),
  -- A known text under the seal key. A process whose key does not open it must not run: what it seals others could not read.
  seal_canary bytea,
  -- Of the root key admitted last. It stays when that key is revoked, so that a start does not bring it back.
  root_key_sha256 bytea
);
insert into installation default values;

alter table installation enable row level security;
alter table installation force row level security;
create policy worker on installation to rookery_worker using (true) with check (true);
grant select, update on installation to rookery_worker;

-- Made by a start rather than by a caller. Of keys that callers made there is an audit row.
alter table api_keys add column is_root boolean not null default false;
update api_keys as k set is_root = true
where k.pod_id is null and k.permissions is null
  and not exists (select from audit as a where a.organization_id = k.organization_id
    and a.operation = 'api_key.create' and a.target = k.id::text);
create index api_keys_root on api_keys (created_at) where is_root;
