-- Rows of the trail come without lists that are empty: reading their JSON costs more than writing them.
create or replace function rookery_emit_with_trail(emitted json, trail json) returns void language plpgsql as $$
begin
  insert into rule_evaluations (pod_id, inbox_id, id, organization_id, message_uuid, stage, from_address, recipients, outbound_type,
    applied, folders, matched_rule_ids, created_at)
  select pod_id, inbox_id, id, organization_id, message_uuid, stage, from_address, recipients, outbound_type,
    coalesce(applied, '{}'), coalesce(folders, '{}'), coalesce(matched_rule_ids, '{}'), created_at
  from json_populate_recordset(null::rule_evaluations, trail)
  -- It never happens: as in rookery_emit.
  on conflict do nothing;
  perform rookery_emit(emitted);
end
$$;
