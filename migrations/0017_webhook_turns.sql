-- The rows of deliveries are their own queue: pods take turns, and in each its endpoints, instead of a job for each delivery.
-- Due by PostgreSQL's clock.
create index webhook_deliveries_pending on webhook_deliveries (pod_id, webhook_id, next_attempt_at) where state = 'pending';

-- Each event is read once for each statement: every `->>` of a json value parses all of it.
create or replace function rookery_emit(emitted json) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare listening json;
begin
  -- `role` is the caller's also in here: requests' is rookery_app.
  if current_setting('role') <> 'rookery_worker' and exists (
    select from json_to_recordset(emitted) as e ("podId" uuid, "organizationId" uuid, "inboxId" uuid)
    where "organizationId" is distinct from rookery_organization()
      or (rookery_pod() is not null and "podId" is distinct from rookery_pod())
      or (rookery_inbox() is not null and "inboxId" is distinct from rookery_inbox()))
  then
    raise exception 'an event outside the scope';
  end if;
  insert into events (pod_id, id, organization_id, inbox_id, type, message_uuid, data, created_at)
  select "podId", id, "organizationId", "inboxId", type, "messageUuid", data, at
  from json_to_recordset(emitted) as e ("podId" uuid, id uuid, "organizationId" uuid, "inboxId" uuid, type text, "messageUuid" uuid,
    data jsonb, at timestamptz)
  on conflict do nothing;
  select json_agg(json_build_object('pod_id', e."podId", 'event_id', e.id, 'webhook_id', w.id, 'organization_id', w.organization_id,
    'inbox_id', e."inboxId", 'at', e.at, 'failing', w.failing_since is not null))
  into listening
  from json_to_recordset(emitted) as e ("podId" uuid, id uuid, "organizationId" uuid, "inboxId" uuid, type text, at timestamptz)
  cross join lateral (
    select * from webhooks where pod_id = e."podId"
    union all
    select * from webhooks where pod_id is null and organization_id = e."organizationId"
  ) as w
  where w.enabled and w.organization_id = e."organizationId" and e.type = any (w.event_types)
    and ((w.pod_ids = '{}' and w.inbox_ids = '{}' and (w.inbox_id is null or w.inbox_id = e."inboxId"))
      or e."podId" = any (w.pod_ids) or e."inboxId" = any (w.inbox_ids));
  if listening is null then
    return;
  end if;
  insert into webhook_deliveries (pod_id, event_id, webhook_id, organization_id, inbox_id, state, attempts, next_attempt_at, created_at, updated_at)
  select pod_id, event_id, webhook_id, organization_id, inbox_id, 'pending', 0, now(), at, at
  from json_to_recordset(listening)
    as l (pod_id uuid, event_id uuid, webhook_id uuid, organization_id uuid, inbox_id uuid, at timestamptz)
  on conflict do nothing;
  -- As src/domain/door/due.ts writes and reads them.
  perform pg_notify('rookery_due', (case when failing then 'retries ' else 'webhooks ' end) || pod_id)
  from (select distinct pod_id, failing from json_to_recordset(listening) as l (pod_id uuid, failing boolean)) as due;
end
$$;

-- Deliveries that wait as jobs are found by their rows. A job that a process of the version before has taken is left to it.
delete from graphile_worker._private_jobs as job using graphile_worker._private_tasks as task
where task.id = job.task_id and task.identifier in ('deliver_webhook', 'deliver_webhook_busy', 'deliver_webhook_slow')
  and job.locked_at is null;
