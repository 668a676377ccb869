-- Keys that end, and tenants that end. See docs/decisions/0037-offboarding.md.

-- Keys that expire are found in the order in which they do.
create index api_keys_expiring on api_keys (organization_id, expires_at) where expires_at is not null;

-- Suspended: its keys are dead, its addresses refused, its mail kept. From `delete_after` on it is deleted with all that it holds:
-- closed first (`deleting_at`), then emptied. A pod that is closed without it is one whose inboxes move to the Default Pod.
alter table pods add column suspended_at timestamptz, add column delete_after timestamptz,
  add constraint pods_delete_after_check check (delete_after is null or suspended_at is not null);
create index pods_suspended on pods (organization_id, id) where suspended_at is not null;
create index pods_delete_after on pods (delete_after) where delete_after is not null;

-- Deletes what the reference tables hold of pods that are being deleted, names, keys and domains among it, but for inboxes that are on
-- their way to another pod: theirs goes along with them.
create function rookery_forget_pods(pods uuid[], leaving uuid[]) returns void language plpgsql as $$
declare
  home text;
begin
  foreach home in array rookery_home_tables() loop
    execute format('delete from %I where pod_id = any ($1) and (inbox_id is null or inbox_id <> all ($2))', home) using pods, leaving;
  end loop;
  delete from domains where pod_id = any (pods);
end
$$;
revoke all on function rookery_forget_pods(uuid[], uuid[]) from public;
grant execute on function rookery_forget_pods(uuid[], uuid[]) to rookery_app, rookery_worker;
