-- Less work for each evaluation of rules.

-- The key was looked up for each row, which cost as much as the row. Who writes one holds its inbox, or has it locked: so what is there when
-- the inbox is deleted goes behind it, and nothing comes after.
alter table rule_evaluations drop constraint rule_evaluations_pod_id_inbox_id_fkey;

-- Events, and rows of the trail as JSON of theirs, for those who write both for each group of mail.
create function rookery_emit_with_trail(emitted json, trail json) returns void language plpgsql as $$
begin
  insert into rule_evaluations (pod_id, inbox_id, id, organization_id, message_uuid, stage, from_address, recipients, outbound_type,
    applied, folders, matched_rule_ids, created_at)
  select pod_id, inbox_id, id, organization_id, message_uuid, stage, from_address, recipients, outbound_type, applied, folders,
    matched_rule_ids, created_at
  from json_populate_recordset(null::rule_evaluations, trail)
  -- It never happens: as in rookery_emit.
  on conflict do nothing;
  perform rookery_emit(emitted);
end
$$;
revoke all on function rookery_emit_with_trail(json, json) from public;
grant execute on function rookery_emit_with_trail(json, json) to rookery_worker;

-- Deletes the trail of an inbox that is deleted. As the worker: requests add to the trail and read it.
create function rookery_forget_trail(pod uuid, inbox uuid) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if exists (select from inboxes where pod_id = pod and id = inbox) then
    raise exception 'the inbox is there';
  end if;
  delete from rule_evaluations where pod_id = pod and inbox_id = inbox;
end
$$;
revoke all on function rookery_forget_trail(uuid, uuid) from public;
grant execute on function rookery_forget_trail(uuid, uuid) to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_forget_trail(uuid, uuid) owner to rookery_worker;
revoke create on schema public from rookery_worker;

-- As before, and the trail.
create or replace function rookery_forget_home(pod uuid, inbox uuid) returns void language plpgsql as $$
declare
  table_name text;
begin
  foreach table_name in array rookery_home_tables() loop
    execute format('delete from %I where pod_id = $1 and ($2 is null or inbox_id = $2)', table_name) using pod, inbox;
  end loop;
  if inbox is null then
    delete from domains where pod_id = pod;
  else
    perform rookery_forget_trail(pod, inbox);
  end if;
end
$$;

-- As before, and the trail of what was refused in the old pod meanwhile.
create or replace function rookery_end_move(source uuid, target uuid, inbox_ids uuid[], at timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare table_name text;
begin
  perform rookery_check_move(source, target, inbox_ids);
  update inboxes as i set moving_from = null, updated_at = at,
    client_id = case when exists (select from client_ids as c where c.home_id = target and c.kind = 'inbox'
      and c.client_id = i.client_id and c.resource_id <> i.id) then null else i.client_id end
  where i.pod_id = target and i.id = any (inbox_ids);
  delete from client_ids as c where c.kind = 'inbox' and c.resource_id = any (inbox_ids) and exists (
    select from client_ids as other where other.home_id = target and other.kind = 'inbox' and other.client_id = c.client_id
      and other.resource_id <> c.resource_id);
  update client_ids set home_id = target where home_id = source and kind = 'inbox' and resource_id = any (inbox_ids);
  foreach table_name in array rookery_home_tables() loop
    execute format('update %I set pod_id = $2 where pod_id = $1 and inbox_id = any ($3)', table_name) using source, target, inbox_ids;
  end loop;
  delete from inboxes where pod_id = source and id = any (inbox_ids);
  perform rookery_forget_trail(source, box) from unnest(inbox_ids) as box;
end
$$;
