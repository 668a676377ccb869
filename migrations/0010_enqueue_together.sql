-- As before, but all jobs of a call in one statement: a call for each cost PostgreSQL six times as much where a group of
-- mails commits together.
create or replace function rookery_enqueue(jobs json) returns void language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_jobs(array(
    select row(
      job ->> 'task', job -> 'payload', job ->> 'queue', coalesce((job ->> 'runAt')::timestamptz, now()),
      (job ->> 'maxAttempts')::smallint, job ->> 'key', null, null)::graphile_worker.job_spec
    from json_array_elements(jobs) as job));
end
$$;
