-- As before, and two things more.
-- A job says how long it waits (delayMs), not until when: PostgreSQL's clock decides what is due, and a process whose clock is an
-- hour ahead would write retries that are an hour late. runAt is what a process of the version before sends.
-- A job that runs gives its key to the one that is enqueued anew, and keeps its attempts. graphile_worker would use them up: when
-- its process then dies, nothing takes that job again and nothing deletes it.
create or replace function rookery_enqueue(jobs json) returns void language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from json_array_elements(jobs) as job where job ->> 'key' is not null) then
    -- Locked first, so that no worker takes one in between.
    with held as materialized (
      select id from graphile_worker._private_jobs
      where key in (select job ->> 'key' from json_array_elements(jobs) as job) order by id for update)
    update graphile_worker._private_jobs as running set key = null
    from held where running.id = held.id and running.locked_at is not null;
  end if;
  perform graphile_worker.add_jobs(array(
    select row(
      job ->> 'task', job -> 'payload', job ->> 'queue',
      coalesce((job ->> 'runAt')::timestamptz, now() + coalesce((job ->> 'delayMs')::float8, 0) * interval '1 millisecond'),
      (job ->> 'maxAttempts')::smallint, job ->> 'key', null, null)::graphile_worker.job_spec
    from json_array_elements(jobs) as job));
end
$$;
