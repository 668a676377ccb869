-- Inboxes that send to other servers while they move: see docs/decisions/0056-outbound-speed.md.

-- Rows that both pods may have of an inbox on its way: what was counted and found out before it moved, and what became since then of
-- attempts whose deliveries moved with the first batches. A conflict would come again with each run of the job, and the move never end.
create function rookery_merge_outbound(source uuid, target uuid, inbox_ids uuid[]) returns void language plpgsql as $$
declare merged bigint;
begin
  perform from outbound_counts where pod_id = source and inbox_id = any (inbox_ids) order by inbox_id, minute for update;
  insert into outbound_counts as c (pod_id, inbox_id, minute, organization_id, sent, bounced, complained)
  select target, inbox_id, minute, organization_id, sent, bounced, complained from outbound_counts
  where pod_id = source and inbox_id = any (inbox_ids) order by inbox_id, minute
  on conflict (pod_id, inbox_id, minute) do update set sent = c.sent + excluded.sent, bounced = c.bounced + excluded.bounced,
    complained = c.complained + excluded.complained;
  get diagnostics merged = row_count;
  perform rookery_drop_rows('outbound_counts', source, 'inbox_id', inbox_ids, merged);
  -- What the new pod knows is the newer.
  delete from outbound_inbox_standing as s where s.pod_id = source and s.inbox_id = any (inbox_ids)
    and exists (select from outbound_inbox_standing as n where n.pod_id = target and n.inbox_id = s.inbox_id);
end
$$;
revoke all on function rookery_merge_outbound(uuid, uuid, uuid[]) from public;
grant execute on function rookery_merge_outbound(uuid, uuid, uuid[]) to rookery_worker;

-- As before, behind that.
create or replace function rookery_move_rest(source uuid, target uuid, inbox_ids uuid[], most integer) returns boolean language plpgsql as $$
declare
  table_name text;
  box uuid;
  moved bigint;
  more boolean := false;
  queued uuid[];
begin
  perform rookery_merge_outbound(source, target, inbox_ids);
  foreach table_name in array rookery_moving_tables() loop
    if to_regclass(table_name) is null then
      continue;
    end if;
    if exists (select from pg_attribute where attrelid = table_name::regclass and attname = 'id' and not attisdropped) then
      for box in select unnest(inbox_ids) loop
        moved := rookery_move_of_inbox(table_name, source, target, box, most);
        more := more or moved = most;
      end loop;
    else
      perform rookery_drop_rows(table_name, source, 'inbox_id', inbox_ids,
        rookery_copy_rows(table_name, source, target, 'inbox_id', inbox_ids));
    end if;
  end loop;
  -- Copies still to be delivered of messages that were deleted. Of those that are settled the sweep deletes what is left.
  queued := array(select id from outbound_deliveries
    where pod_id = source and inbox_id = any (inbox_ids)
      and state in ('queued', 'sending', 'deferred') order by message_uuid limit most);
  insert into blobs (pod_id, sha256, organization_id, size, content, created_at)
  select target, b.sha256, b.organization_id, b.size, b.content, b.created_at from blobs as b
  where b.pod_id = source and b.sha256 in (
    select raw_sha256 from outbound_deliveries where pod_id = source and id = any (queued))
  on conflict do nothing;
  perform rookery_drop_rows('outbound_deliveries', source, 'id', queued,
    rookery_copy_rows('outbound_deliveries', source, target, 'id', queued));
  return more or cardinality(queued) = most;
end
$$;
