-- Isolation: forced row-level security on every table, for the role that requests run as.
-- rookery_app sees the rows of the transaction's scope and nothing else; rookery_worker (workers, ingest, sign-in)
-- sees all rows but owns nothing. Neither may bypass row-level security; FORCE binds the owner as well.

grant usage on schema public to rookery_app, rookery_worker;
grant select, insert, update, delete on all tables in schema public to rookery_app, rookery_worker;
revoke all on worker_processes from rookery_app;
revoke insert, update, delete on organizations from rookery_app;
revoke update, delete on audit from rookery_app;
revoke insert, update, delete on events, webhook_deliveries, webhook_attempts from rookery_app;

do $$
declare
  table_name text;
  condition text;
  organization constant text := 'organization_id = (select rookery_organization())';
  -- `case`, not `or`: for an `or` the planner expects next to no rows, and sorts a whole inbox to show one page of it.
  narrowed constant text := ' and case when (select rookery_%1$s()) is null then true else %2$I = (select rookery_%1$s()) end';
  pod constant text := format(narrowed, 'pod', 'pod_id');
  inbox constant text := format(narrowed, 'inbox', 'inbox_id');
begin
  foreach table_name in array array['organizations', 'pods', 'inboxes', 'addresses', 'client_ids', 'api_keys',
    'domains', 'audit', 'worker_processes', 'blobs', 'threads', 'messages', 'attachments', 'outbound_deliveries',
    'idempotency_keys', 'events', 'webhooks', 'webhook_deliveries', 'webhook_attempts']
  loop
    execute format('alter table %I enable row level security', table_name);
    execute format('alter table %I force row level security', table_name);
    execute format('create policy worker on %I to rookery_worker using (true) with check (true)', table_name);
    condition := case table_name
      when 'organizations' then 'id = (select rookery_organization())'
      when 'pods' then organization || format(narrowed, 'pod', 'id')
      when 'inboxes' then organization || pod || format(narrowed, 'inbox', 'id')
      when 'domains' then organization || pod
      when 'blobs' then null -- its own policies below
      when 'worker_processes' then null -- not for requests
      else organization || pod || inbox
    end;
    if condition is not null then
      execute format('create policy scope on %I to rookery_app using (%s) with check (%s)', table_name, condition, condition);
    end if;
  end loop;
end
$$;

-- Bytes are shared inside a pod, yet a key of one inbox may read only those that a visible message points at. The
-- inner selects run under the reader's own policies. Writing needs no such proof: the writer has the bytes already.
create policy scope_read on blobs for select to rookery_app using (
  organization_id = (select rookery_organization())
  and case when (select rookery_pod()) is null then true else pod_id = (select rookery_pod()) end
  and case when (select rookery_inbox()) is null then true
    else exists (select from messages m where m.pod_id = blobs.pod_id and m.raw_sha256 = blobs.sha256)
      or exists (select from attachments a where a.pod_id = blobs.pod_id and a.sha256 = blobs.sha256) end);
create policy scope_write on blobs for insert to rookery_app with check (
  organization_id = (select rookery_organization())
  and case when (select rookery_pod()) is null then true else pod_id = (select rookery_pod()) end);
revoke update, delete on blobs from rookery_app;

-- Jobs join the caller's transaction. The queue's tables belong to the owner; these two doors are all others get.
create function rookery_enqueue(jobs json) returns void language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job(
    identifier => job ->> 'task',
    payload => job -> 'payload',
    queue_name => job ->> 'queue',
    run_at => coalesce((job ->> 'runAt')::timestamptz, now()),
    max_attempts => (job ->> 'maxAttempts')::integer,
    job_key => job ->> 'key'
  ) from json_array_elements(jobs) as job;
end
$$;
revoke all on function rookery_enqueue(json) from public;
grant execute on function rookery_enqueue(json) to rookery_app, rookery_worker;

-- Writes events, and for each endpoint that listens a delivery and its first job, all in the caller's transaction.
-- Runs as rookery_worker because a request of one inbox must wake endpoints that its own scope may not see.
-- Endpoints of one pod and endpoints of the organization are found by two indexes, so ten thousand tenants' endpoints
-- cost an event of one of them nothing. A failing endpoint's jobs go to the slow lane, where they hold up only other failing
-- endpoints, in two queues that bound how many sends to it run at once. The others have no queue: workers that look for
-- jobs at the same moment skip the queues that another holds, and find what waits in them a second later.
create function rookery_emit(emitted json) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare jobs json;
begin
  if rookery_organization() is not null and exists (
    select from json_array_elements(emitted) as e where (e ->> 'organizationId')::uuid <> rookery_organization())
  then
    raise exception 'an event of another organization';
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
revoke all on function rookery_emit(json) from public;
grant execute on function rookery_emit(json) to rookery_app, rookery_worker;
-- Which of the named domains a pod may make inboxes on: its own and the organization's. The latter are hidden from a
-- pod's requests, so this runs as rookery_worker and gives nothing but what that question needs.
create function rookery_usable_domains(pod uuid, names text[])
returns table (domain text, status text, subdomains_enabled boolean) language sql stable security definer
set search_path = public, pg_temp
begin atomic
  select d.domain, d.status, d.subdomains_enabled
  from domains as d
  where d.domain = any (names) and d.organization_id = rookery_organization()
    and (d.pod_id is null or d.pod_id = pod) and (rookery_pod() is null or rookery_pod() = pod);
end;
revoke all on function rookery_usable_domains(uuid, text[]) from public;
grant execute on function rookery_usable_domains(uuid, text[]) to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_emit(json) owner to rookery_worker;
alter function rookery_usable_domains(uuid, text[]) owner to rookery_worker;
revoke create on schema public from rookery_worker;
