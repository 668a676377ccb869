-- What an organization shows of itself to clients, and what clients keep with it. No rule reads any of it, and only requests of
-- the organization as a whole change it.

-- `kept`: objects and texts as the caller gave them, by name.
create table organization_profiles (
  organization_id uuid primary key references organizations (id),
  kept jsonb not null,
  updated_at timestamptz not null
);
select rookery_isolate('organization_profiles', pod => null, inbox => null);

create table callback_uris (
  id uuid primary key,
  organization_id uuid not null references organizations (id),
  url text not null,
  platform text not null,
  settings jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index callback_uris_by_organization on callback_uris (organization_id, created_at, id);
select rookery_isolate('callback_uris', pod => null, inbox => null);

-- What people call a domain.
alter table domains add column name text;

-- An inbox is found by its client_id from the whole organization as well.
create index client_ids_of_inboxes on client_ids (organization_id, client_id) where kind = 'inbox';
