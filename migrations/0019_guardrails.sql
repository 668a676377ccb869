-- What an inbox is judged by, where the look-up of the inbox finds it: what is attached to its pod, whether it is paused, and which
-- version of all that is in force. Policies and rules themselves are tables of later migrations.

alter table organizations add column paused_at timestamptz, add column guardrails_version integer not null default 0;

-- `rule_ids` as attached, in the caller's order; a rule that is deleted is taken out. `group_domain` groups inboxes of that domain into
-- the pod, for one pod of an organization at most.
alter table pods
  add column policy_id uuid,
  add column rule_ids uuid[] not null default '{}',
  add column group_domain text,
  add column auto_group boolean not null default false,
  add column paused_at timestamptz,
  add column guardrails_version integer not null default 0,
  add constraint pods_group_by_a_domain check (group_domain is not null or not auto_group);
create index pods_by_group_domain on pods (organization_id, group_domain) where group_domain is not null;

alter table inboxes
  add column paused_at timestamptz,
  -- Of IMAP and submission; null: both are closed to the inbox.
  add column app_password_hash text,
  -- The caller's own word, given back as it was.
  add column state text;

-- Says that policies or rules of the organization changed, to every process that has compiled them. Requests may only read the
-- organization's row, so this runs as rookery_worker; and those of a pod change nothing of the organization.
create function rookery_bump_guardrails() returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if rookery_pod() is not null then
    raise exception 'guardrails of the organization are changed outside its pods';
  end if;
  update organizations set guardrails_version = guardrails_version + 1 where id = rookery_organization();
end
$$;
revoke all on function rookery_bump_guardrails() from public;
grant execute on function rookery_bump_guardrails() to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_bump_guardrails() owner to rookery_worker;
revoke create on schema public from rookery_worker;
