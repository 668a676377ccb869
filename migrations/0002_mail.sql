-- Mail: blobs, threads, messages, attachments, and where outgoing copies stand.

-- Content-addressed within a pod: the same bytes are kept once per pod and never shared across the isolation boundary.
create table blobs (
  pod_id uuid not null references pods (id) on delete cascade,
  sha256 bytea not null,
  organization_id uuid not null,
  size integer not null,
  content bytea not null,
  created_at timestamptz not null,
  primary key (pod_id, sha256)
);
-- MIME and attachments are mostly compressed or base64 already: skip the attempt, and let ranges be read in place.
alter table blobs alter column content set storage external;

create table threads (
  pod_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  subject text,
  preview text,
  labels text[] not null,
  senders text[] not null,
  recipients text[] not null,
  message_count integer not null,
  size bigint not null,
  last_message_id text not null,
  timestamp timestamptz not null,
  received_timestamp timestamptz,
  sent_timestamp timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pod_id, id),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade
);
create index threads_by_inbox on threads (pod_id, inbox_id, timestamp, id);
create index threads_by_pod on threads (pod_id, timestamp, id);
create index threads_by_organization on threads (organization_id, timestamp, id);
-- An organization key may name a thread without its pod.
create index threads_by_id on threads (organization_id, id);

create table messages (
  pod_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  thread_id uuid not null,
  message_id text not null,
  direction text not null check (direction in ('inbound', 'outbound')),
  labels text[] not null,
  timestamp timestamptz not null,
  sender text not null,
  reply_to text[] not null,
  "to" text[] not null,
  cc text[] not null,
  bcc text[] not null,
  subject text,
  preview text,
  text text,
  html text,
  -- Null when the trimmed text or html is its own extract.
  extracted_text text,
  extracted_html text,
  in_reply_to text,
  "references" text[] not null,
  headers jsonb not null,
  size integer not null,
  attachment_count integer not null,
  raw_sha256 bytea not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pod_id, id),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade,
  foreign key (pod_id, thread_id) references threads (pod_id, id) on delete cascade,
  constraint messages_raw_blob foreign key (pod_id, raw_sha256) references blobs (pod_id, sha256)
);
create unique index messages_by_message_id on messages (pod_id, inbox_id, message_id);
create index messages_by_inbox on messages (pod_id, inbox_id, timestamp, id);
create index messages_by_thread on messages (pod_id, thread_id, timestamp, id);
create index messages_by_raw on messages (pod_id, raw_sha256);

create table attachments (
  pod_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  thread_id uuid not null,
  message_uuid uuid not null,
  position integer not null,
  filename text,
  content_type text,
  content_disposition text,
  content_id text,
  size integer not null,
  sha256 bytea not null,
  primary key (pod_id, id),
  foreign key (pod_id, message_uuid) references messages (pod_id, id) on delete cascade,
  constraint attachments_blob foreign key (pod_id, sha256) references blobs (pod_id, sha256)
);
create index attachments_by_message on attachments (pod_id, message_uuid, position);
create index attachments_by_thread on attachments (pod_id, thread_id);
create index attachments_by_blob on attachments (pod_id, sha256);

-- One row per recipient of an outgoing message: where that copy stands.
create table outbound_deliveries (
  pod_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  message_uuid uuid not null,
  recipient text not null,
  state text not null check (state in ('queued', 'delivered', 'captured', 'bounced')),
  detail text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pod_id, id),
  foreign key (pod_id, message_uuid) references messages (pod_id, id) on delete cascade
);
create index outbound_deliveries_by_message on outbound_deliveries (pod_id, message_uuid);

-- The answer to a send that carried an Idempotency-Key, kept 24 h. Keys are the pod's own: a tenant cannot learn
-- which keys another one uses.
create table idempotency_keys (
  pod_id uuid not null,
  key text not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  fingerprint bytea not null,
  result jsonb not null,
  created_at timestamptz not null,
  primary key (pod_id, key),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade
);
create index idempotency_keys_by_age on idempotency_keys (pod_id, created_at);
