-- Idempotency-Keys are an inbox's own: with one for the whole pod, a key of one inbox learned which its neighbours use,
-- and could use them up beforehand.
alter table idempotency_keys drop constraint idempotency_keys_pkey;
alter table idempotency_keys add primary key (pod_id, inbox_id, key);

-- What is made for the organization as a whole and what is made in its Default Pod, whose id is the same, are named apart:
-- a key of that pod learned which names the organization uses.
alter table client_ids drop constraint client_ids_kind_check;
update client_ids set kind = 'organization_' || kind where kind in ('domain', 'webhook') and pod_id is null;
alter table client_ids add constraint client_ids_kind_check
  check (kind in ('pod', 'inbox', 'domain', 'webhook', 'organization_domain', 'organization_webhook'));

-- Which migrations ran is the owner's alone: whoever changes that list stops the next start.
revoke all on migrations from rookery_app, rookery_worker;

-- As before, and a request emits about its own pod and inbox only. The door is the caller; this is for the day on which a
-- statement is not what it should be.
create or replace function rookery_emit(emitted json) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare jobs json;
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
  from json_array_elements(emitted) as e;
  with listening as (
    select (e ->> 'podId')::uuid as pod_id, (e ->> 'id')::uuid as event_id, w.id as webhook_id, w.organization_id,
      (e ->> 'inboxId')::uuid as inbox_id, (e ->> 'at')::timestamptz as at, w.failing_since is not null as failing
    from json_array_elements(emitted) as e
    cross join lateral (
      select * from webhooks where pod_id = (e ->> 'podId')::uuid
      union all
      select * from webhooks where pod_id is null and organization_id = (e ->> 'organizationId')::uuid
    ) as w
    where w.enabled and w.organization_id = (e ->> 'organizationId')::uuid and (e ->> 'type') = any (w.event_types)
      and ((w.pod_ids = '{}' and w.inbox_ids = '{}' and (w.inbox_id is null or w.inbox_id = (e ->> 'inboxId')::uuid))
        or (e ->> 'podId')::uuid = any (w.pod_ids) or (e ->> 'inboxId')::uuid = any (w.inbox_ids))
  ), written as (
    insert into webhook_deliveries (pod_id, event_id, webhook_id, organization_id, inbox_id, state, attempts, next_attempt_at, created_at, updated_at)
    select pod_id, event_id, webhook_id, organization_id, inbox_id, 'pending', 0, at, at, at from listening
  )
  select json_agg(json_build_object(
    'task', case when failing then 'deliver_webhook_slow' else 'deliver_webhook' end,
    'queue', case when failing then 'webhook:' || webhook_id || ':' || (hashtext(event_id::text) & 1) end,
    'payload', json_build_object('podId', pod_id, 'eventId', event_id, 'webhookId', webhook_id)))
  into jobs from listening;
  if jobs is not null then
    perform rookery_enqueue(jobs);
  end if;
end
$$;
