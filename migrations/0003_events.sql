-- Events: the outbox, webhook endpoints, and every attempt to tell them.

create table events (
  pod_id uuid not null references pods (id) on delete cascade,
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid,
  type text not null,
  message_uuid uuid,
  data jsonb not null,
  created_at timestamptz not null,
  primary key (pod_id, id)
);
create index events_by_inbox on events (pod_id, inbox_id, id);

-- Reference table. pod_id / inbox_id name the narrowest pod and inbox that everything it listens to lies in: a key
-- scoped there may see it. pod_ids / inbox_ids are what it listens to; both empty means all of its home.
create table webhooks (
  id uuid primary key,
  organization_id uuid not null references organizations (id),
  pod_id uuid references pods (id) on delete cascade,
  inbox_id uuid,
  url text not null,
  event_types text[] not null,
  pod_ids uuid[] not null,
  inbox_ids uuid[] not null,
  secret_sealed bytea not null,
  headers_sealed bytea,
  enabled boolean not null,
  failing_since timestamptz,
  client_id text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade,
  check (inbox_id is null or pod_id is not null)
);
create index webhooks_by_organization on webhooks (organization_id, created_at, id);
create index webhooks_by_pod on webhooks (pod_id, created_at, id) where pod_id is not null;
create index webhooks_of_organization on webhooks (organization_id) where pod_id is null;

-- One row per event and endpoint. Its attempts are listed in webhook_attempts; the job queue only holds the next one.
create table webhook_deliveries (
  pod_id uuid not null,
  event_id uuid not null,
  webhook_id uuid not null references webhooks (id) on delete cascade,
  organization_id uuid not null,
  inbox_id uuid,
  state text not null check (state in ('pending', 'delivered', 'failed')),
  attempts integer not null,
  next_attempt_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pod_id, event_id, webhook_id),
  foreign key (pod_id, event_id) references events (pod_id, id) on delete cascade
);
create index webhook_deliveries_by_webhook on webhook_deliveries (webhook_id, created_at);

create table webhook_attempts (
  pod_id uuid not null,
  event_id uuid not null,
  webhook_id uuid not null,
  attempt integer not null,
  organization_id uuid not null,
  inbox_id uuid,
  status integer,
  outcome text not null,
  detail text,
  duration_ms integer not null,
  created_at timestamptz not null,
  primary key (pod_id, event_id, webhook_id, attempt),
  foreign key (pod_id, event_id, webhook_id) references webhook_deliveries (pod_id, event_id, webhook_id) on delete cascade
);
