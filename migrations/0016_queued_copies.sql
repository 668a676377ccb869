-- The rows of outgoing copies are their own queue: a pod's are taken many at a time, in turn with other pods', instead of by a
-- job for each message. What fails waits until next_attempt_at, by PostgreSQL's clock.
alter table outbound_deliveries
  add column attempts integer not null default 0,
  add column next_attempt_at timestamptz not null default now();
create index outbound_deliveries_queued on outbound_deliveries (pod_id, message_uuid) where state = 'queued';

-- Copies that wait as jobs are found by their rows. A job that a process of the version before has taken is left to it.
delete from graphile_worker._private_jobs as job using graphile_worker._private_tasks as task
where task.id = job.task_id and task.identifier in ('deliver_outbound', 'deliver_outbound_busy') and job.locked_at is null;
