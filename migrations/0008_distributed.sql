-- The form that Citus accepts, PostgreSQL's distributed extension; see docs/decisions/0012-distributed.md and distribute.sql.

-- A policy there may hold no sub-select, no CASE, no IS NULL and no other table, so what it asks is one function. The planner
-- puts the function's body in its place. `case`, not `or` and not `=`: for those the planner expects next to no rows, and
-- sorts a whole inbox to show one page of it. Ids are compared as text, in lower case: nothing of a policy is worked out once
-- for all rows any more, and reading the setting as a uuid costs each row three times as much as writing the id as text. An
-- empty setting narrows nothing, but for the organization's: without that nothing is seen. A null id is in no narrowed scope.
create function rookery_in_scope(organization uuid) returns boolean language sql stable
  return case current_setting('rookery.organization_id', true) when organization::text then true else false end;
create function rookery_in_scope(organization uuid, pod uuid) returns boolean language sql stable
  return case current_setting('rookery.organization_id', true) when organization::text then true else false end
    and case coalesce(current_setting('rookery.pod_id', true), '') when '' then true when pod::text then true else false end;
create function rookery_in_scope(organization uuid, pod uuid, inbox uuid) returns boolean language sql stable
  return case current_setting('rookery.organization_id', true) when organization::text then true else false end
    and case coalesce(current_setting('rookery.pod_id', true), '') when '' then true when pod::text then true else false end
    and case coalesce(current_setting('rookery.inbox_id', true), '') when '' then true when inbox::text then true else false end;

-- Isolates a table: forces row-level security, and lets requests see the rows of their scope, system work all of them. The
-- arguments name the columns that hold the ids of the row's organization, pod and inbox; null where rows belong to none.
-- `granted` is what requests may do. Run again, it replaces what it did before.
create function rookery_isolate(
  table_name text, organization text default 'organization_id', pod text default 'pod_id', inbox text default 'inbox_id',
  granted text default 'select, insert, update, delete'
) returns void language plpgsql as $$
declare
  condition constant text := format('rookery_in_scope(%s)', concat_ws(', ', quote_ident(organization), quote_ident(pod), quote_ident(inbox)));
begin
  if organization is null or (pod is null and inbox is not null) then
    raise exception 'a row lies in an organization, and in a pod before it lies in an inbox';
  end if;
  execute format('alter table %I enable row level security', table_name);
  execute format('alter table %I force row level security', table_name);
  execute format('drop policy if exists scope on %I', table_name);
  execute format('create policy scope on %I to rookery_app using (%s) with check (%2$s)', table_name, condition);
  execute format('drop policy if exists worker on %I', table_name);
  execute format('create policy worker on %I to rookery_worker using (true) with check (true)', table_name);
  execute format('revoke all on %I from rookery_app, rookery_worker', table_name);
  execute format('grant %s on %I to rookery_app', granted, table_name);
  execute format('grant select, insert, update, delete on %I to rookery_worker', table_name);
end
$$;
revoke all on function rookery_isolate(text, text, text, text, text) from public;

select rookery_isolate('organizations', organization => 'id', pod => null, inbox => null, granted => 'select');
select rookery_isolate('pods', pod => 'id', inbox => null);
select rookery_isolate('inboxes', inbox => 'id');
select rookery_isolate('domains', inbox => null);
select rookery_isolate(name) from unnest(array['addresses', 'client_ids', 'api_keys', 'threads', 'messages', 'attachments',
  'outbound_deliveries', 'idempotency_keys', 'webhooks']) as name;
select rookery_isolate('audit', granted => 'select, insert');
select rookery_isolate(name, granted => 'select')
from unnest(array['events', 'webhook_deliveries', 'webhook_attempts']) as name;
-- Bytes are shared inside a pod: requests read them by the function below, and nowhere else.
drop policy scope_read on blobs;
drop policy scope_write on blobs;
select rookery_isolate('blobs', inbox => null, granted => 'insert');

-- What points at blobs, and from which inbox: bytes in it are kept, and requests of that inbox may read them.
create view rookery_blob_references with (security_invoker = true) as
  select pod_id, inbox_id, raw_sha256 as sha256 from messages
  union all select pod_id, inbox_id, sha256 from attachments
  union all select pod_id, inbox_id, raw_sha256 from outbound_deliveries where state = 'queued';
grant select on rookery_blob_references to rookery_worker;

-- Adds a table to them: its rows, or those for which `condition` is true, keep the bytes that `hash_column` names. The table
-- needs an index on (pod_id, hash_column).
create function rookery_refers_to_blobs(table_name text, hash_column text, condition text default 'true')
returns void language plpgsql as $$
begin
  execute format('create or replace view rookery_blob_references with (security_invoker = true) as %s
    union all select pod_id, inbox_id, %I from %I where %s',
    rtrim(pg_get_viewdef('rookery_blob_references'::regclass), ';'), hash_column, table_name, condition);
end
$$;
revoke all on function rookery_refers_to_blobs(text, text, text) from public;

-- The bytes under these hashes of a pod that a request may read: in the scope of one inbox, those that something of that
-- inbox points at. Runs as rookery_worker, as policies cannot look into the tables that point. What depends on the session
-- is asked for here, once: a statement may run on another node.
create function rookery_blobs(pod uuid, hashes bytea[]) returns table (sha256 bytea, size integer, content bytea)
language plpgsql stable security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  organization constant uuid := rookery_organization();
  inbox constant uuid := rookery_inbox();
begin
  if pod is distinct from coalesce(rookery_pod(), pod) then
    return;
  end if;
  return query
    select b.sha256, b.size, b.content from blobs as b
    where b.pod_id = pod and b.organization_id = organization and b.sha256 = any (hashes)
      and (inbox is null or exists (
        select from rookery_blob_references as r where r.pod_id = pod and r.sha256 = b.sha256 and r.inbox_id = inbox));
end
$$;
revoke all on function rookery_blobs(uuid, bytea[]) from public;
grant execute on function rookery_blobs(uuid, bytea[]) to rookery_app;

-- Reference tables may have no foreign key to distributed ones, so there is no cascade to their rows. Who deletes a pod or inbox
-- calls rookery_forget_home behind it, who adds a row calls rookery_hold_home first; rookery_sweep_homes removes what a version
-- before this one leaves behind while both run.
alter table addresses drop constraint addresses_pod_id_inbox_id_fkey;
alter table client_ids drop constraint client_ids_pod_id_fkey, drop constraint client_ids_pod_id_inbox_id_fkey;
alter table api_keys drop constraint api_keys_pod_id_fkey, drop constraint api_keys_pod_id_inbox_id_fkey;
alter table domains drop constraint domains_pod_id_fkey;
alter table webhooks drop constraint webhooks_pod_id_fkey, drop constraint webhooks_pod_id_inbox_id_fkey;
create index client_ids_by_home on client_ids (pod_id, inbox_id);

-- Keeps a pod or inbox from being deleted until the transaction ends. `inbox` null: the pod; both null: nothing to keep.
create function rookery_hold_home(pod uuid, inbox uuid) returns void language plpgsql as $$
begin
  if inbox is not null then
    perform 1 from inboxes where pod_id = pod and id = inbox for key share;
  elsif pod is not null then
    perform 1 from pods where id = pod for key share;
  else
    return;
  end if;
  if not found then
    raise foreign_key_violation using message = 'the pod or inbox is not there any more';
  end if;
end
$$;

-- Deletes what the tables hold of an inbox, or with `inbox` null of a whole pod. Behind the deletion of the inbox or pod:
-- that waits for those who hold it, and what they added is seen by the statements after it.
create function rookery_forget_home(pod uuid, inbox uuid) returns void language plpgsql as $$
begin
  -- A pod without inboxes has no address.
  delete from addresses where pod_id = pod and inbox_id = inbox;
  delete from client_ids where pod_id = pod and (inbox is null or inbox_id = inbox);
  delete from api_keys where pod_id = pod and (inbox is null or inbox_id = inbox);
  delete from webhooks where pod_id = pod and (inbox is null or inbox_id = inbox);
  if inbox is null then
    delete from domains where pod_id = pod;
  end if;
end
$$;

-- Does so for every pod and inbox that is gone, one look-up for each that the tables name. Gives the number of them.
create function rookery_sweep_homes() returns integer language plpgsql as $$
declare
  home record;
  gone integer := 0;
begin
  for home in
    select pod_id, inbox_id from addresses
    union select pod_id, inbox_id from client_ids
    union select pod_id, inbox_id from api_keys
    union select pod_id, inbox_id from webhooks
    union select pod_id, null from domains
  loop
    if home.inbox_id is not null then
      perform 1 from inboxes where pod_id = home.pod_id and id = home.inbox_id;
    elsif home.pod_id is not null then
      perform 1 from pods where id = home.pod_id;
    else
      continue;
    end if;
    if not found then
      perform rookery_forget_home(home.pod_id, home.inbox_id);
      gone := gone + 1;
    end if;
  end loop;
  return gone;
end
$$;
revoke all on function rookery_hold_home(uuid, uuid), rookery_forget_home(uuid, uuid), rookery_sweep_homes() from public;
grant execute on function rookery_hold_home(uuid, uuid), rookery_forget_home(uuid, uuid) to rookery_app, rookery_worker;
grant execute on function rookery_sweep_homes() to rookery_worker;

-- As before, in statements that Citus can plan: one that writes reads no other table, and none writes inside a WITH. The
-- conflicts never happen, as ids are new: without a word about them Citus would COPY the rows into the shards, and COPY does not
-- go together with row-level security.
create or replace function rookery_emit(emitted json) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare listening json;
begin
  -- `role` is the caller's also in here: requests' is rookery_app.
  if current_setting('role') <> 'rookery_worker' and exists (
    select from json_array_elements(emitted) as e
    where (e ->> 'organizationId')::uuid is distinct from rookery_organization()
      or (rookery_pod() is not null and (e ->> 'podId')::uuid is distinct from rookery_pod())
      or (rookery_inbox() is not null and (e ->> 'inboxId')::uuid is distinct from rookery_inbox()))
  then
    raise exception 'an event outside the scope';
  end if;
  insert into events (pod_id, id, organization_id, inbox_id, type, message_uuid, data, created_at)
  select (e ->> 'podId')::uuid, (e ->> 'id')::uuid, (e ->> 'organizationId')::uuid, (e ->> 'inboxId')::uuid, e ->> 'type',
    (e ->> 'messageUuid')::uuid, (e -> 'data')::jsonb, (e ->> 'at')::timestamptz
  from json_array_elements(emitted) as e
  on conflict do nothing;
  select json_agg(json_build_object('pod_id', e ->> 'podId', 'event_id', e ->> 'id', 'webhook_id', w.id,
    'organization_id', w.organization_id, 'inbox_id', e ->> 'inboxId', 'at', e ->> 'at', 'failing', w.failing_since is not null))
  into listening
  from json_array_elements(emitted) as e
  cross join lateral (
    select * from webhooks where pod_id = (e ->> 'podId')::uuid
    union all
    select * from webhooks where pod_id is null and organization_id = (e ->> 'organizationId')::uuid
  ) as w
  where w.enabled and w.organization_id = (e ->> 'organizationId')::uuid and (e ->> 'type') = any (w.event_types)
    and ((w.pod_ids = '{}' and w.inbox_ids = '{}' and (w.inbox_id is null or w.inbox_id = (e ->> 'inboxId')::uuid))
      or (e ->> 'podId')::uuid = any (w.pod_ids) or (e ->> 'inboxId')::uuid = any (w.inbox_ids));
  if listening is null then
    return;
  end if;
  insert into webhook_deliveries (pod_id, event_id, webhook_id, organization_id, inbox_id, state, attempts, next_attempt_at, created_at, updated_at)
  select pod_id, event_id, webhook_id, organization_id, inbox_id, 'pending', 0, at, at, at
  from json_to_recordset(listening)
    as l (pod_id uuid, event_id uuid, webhook_id uuid, organization_id uuid, inbox_id uuid, at timestamptz)
  on conflict do nothing;
  perform rookery_enqueue((
    select json_agg(json_build_object(
      'task', case when failing then 'deliver_webhook_slow' else 'deliver_webhook' end,
      'queue', case when failing then 'webhook:' || webhook_id || ':' || (hashtext(event_id::text) & 1) end,
      'payload', json_build_object('podId', pod_id, 'eventId', event_id, 'webhookId', webhook_id)))
    from json_to_recordset(listening) as l (pod_id uuid, event_id uuid, webhook_id uuid, failing boolean)));
end
$$;

-- An inbox says which pod it is in. Taken for independent, the two look as if they left one row of any table, and a prepared
-- look-up of one Message-ID came to read its whole inbox (measured: 286 ms of 300,000 messages, in place of 0.05).
create statistics messages_pod_of_inbox (dependencies) on pod_id, inbox_id from messages;
create statistics threads_pod_of_inbox (dependencies) on pod_id, inbox_id from threads;
