-- Tenancy: who owns what. Runs as the owner role; see docs/decisions/0001-one-door.md for the three roles.
-- "Reference table" marks a small global table: on a distributed PostgreSQL it is copied to every node, while every
-- other table is spread by pod_id, which therefore leads its primary key and every index used inside a pod.

-- The scope of the running transaction, set by storage/db.ts. Empty or absent means "none": nothing is visible.
create function rookery_organization() returns uuid language sql stable
  return nullif(current_setting('rookery.organization_id', true), '')::uuid;
create function rookery_pod() returns uuid language sql stable
  return nullif(current_setting('rookery.pod_id', true), '')::uuid;
create function rookery_inbox() returns uuid language sql stable
  return nullif(current_setting('rookery.inbox_id', true), '')::uuid;

-- Reference table.
create table organizations (
  id uuid primary key,
  name text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table pods (
  id uuid primary key,
  organization_id uuid not null references organizations (id),
  name text not null,
  client_id text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index pods_by_organization on pods (organization_id, created_at, id);

create table inboxes (
  pod_id uuid not null references pods (id),
  id uuid not null,
  organization_id uuid not null,
  address text not null,
  display_name text,
  client_id text,
  metadata jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pod_id, id)
);
create index inboxes_by_pod on inboxes (pod_id, created_at, id);
create index inboxes_by_organization on inboxes (organization_id, created_at, id);

-- Reference table: an address belongs to one inbox of the whole installation, so RCPT finds its pod in one probe.
create table addresses (
  address text primary key,
  organization_id uuid not null,
  pod_id uuid not null,
  inbox_id uuid not null,
  -- Deferred: the address is taken first, so that only the winner of a race makes the inbox.
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade deferrable initially deferred
);
create index addresses_by_inbox on addresses (pod_id, inbox_id);

-- Reference table: the caller's own name for what it made. One row makes a create idempotent. home_id is the inbox, pod
-- or organization the thing was made in: names are unique there, so one tenant's choice of name tells another nothing.
create table client_ids (
  home_id uuid not null,
  kind text not null check (kind in ('pod', 'inbox', 'domain', 'webhook')),
  client_id text not null,
  organization_id uuid not null references organizations (id),
  pod_id uuid references pods (id) on delete cascade deferrable initially deferred,
  inbox_id uuid,
  resource_id uuid not null,
  primary key (home_id, kind, client_id),
  -- Deferred: the name is claimed first, so that only the winner of a race makes the thing.
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade deferrable initially deferred
);
create index client_ids_by_resource on client_ids (resource_id);

-- Reference table: a bearer token is looked up before its organization is known.
create table api_keys (
  id uuid primary key,
  organization_id uuid not null references organizations (id),
  pod_id uuid references pods (id) on delete cascade,
  inbox_id uuid,
  name text not null,
  prefix text not null,
  secret_sha256 bytea not null unique,
  permissions jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  used_at timestamptz,
  expires_at timestamptz,
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade,
  check (inbox_id is null or pod_id is not null)
);
create index api_keys_by_organization on api_keys (organization_id, created_at, id);
create index api_keys_by_scope on api_keys (pod_id, inbox_id, created_at, id);

-- Reference table. pod_id null: usable by every pod of the organization.
create table domains (
  id uuid primary key,
  organization_id uuid not null references organizations (id),
  pod_id uuid references pods (id),
  domain text not null unique,
  status text not null check (status in ('NOT_STARTED', 'PENDING', 'INVALID', 'FAILED', 'VERIFYING', 'VERIFIED')),
  feedback_enabled boolean not null,
  subdomains_enabled boolean not null,
  tracking_enabled boolean not null,
  dkim_selector text not null,
  dkim_public_key text not null,
  dkim_private_key_sealed bytea not null,
  client_id text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index domains_by_organization on domains (organization_id, created_at, id);
create index domains_by_pod on domains (pod_id, created_at, id);

create table audit (
  pod_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid,
  actor text not null,
  key_id uuid,
  operation text not null,
  target text,
  created_at timestamptz not null,
  primary key (pod_id, id)
);
create index audit_by_organization on audit (organization_id, created_at, id);

-- One live row per running process; its advisory lock falls with its connection, so a killed process is known at once.
create table worker_processes (
  id uuid primary key,
  lock_key bigint not null,
  worker_ids text[] not null default '{}',
  started_at timestamptz not null
);
