-- Mail of programs, and threads in which programs answer each other. See docs/decisions/0044-automatic-mail.md.

-- Why a received message is taken for a program's; null: it is not, or was stored before this was looked at.
alter table messages add column automatic text;

-- What an inbox sends in a thread is counted with each reply: by this index in as many steps as there may be, whatever else came in.
create index messages_sent_in_thread on messages (pod_id, thread_id, timestamp) where direction = 'outbound';

-- When sends in the thread were last refused because there were too many; null: never.
alter table threads add column loop_cut_at timestamptz;

-- How many jobs wait, by task: those that will be run, and those that failed as often as they may. For monitoring, which may not read
-- the queue itself.
create function rookery_jobs_waiting()
returns table (task text, state text, waiting bigint, age_seconds float8, lag_seconds float8)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return query
    select t.identifier, s.state, count(*), greatest(0, extract(epoch from now() - min(j.created_at)))::float8,
      case s.state when 'queued' then greatest(0, extract(epoch from now() - min(j.run_at)))::float8 else 0 end
    from graphile_worker._private_jobs as j join graphile_worker._private_tasks as t on t.id = j.task_id
    cross join lateral (select case when j.attempts >= j.max_attempts then 'failed' when j.locked_at is not null then 'running'
      else 'queued' end as state) as s
    group by t.identifier, s.state;
end
$$;
revoke all on function rookery_jobs_waiting() from public;
grant execute on function rookery_jobs_waiting() to rookery_worker;
