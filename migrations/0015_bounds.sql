-- Bounds that hold: quotas under concurrent creates, lists on arriving mail, and rows that are deleted when they are old enough.

-- Has transactions that add to what is counted in a pod take turns until they end. What is the organization's takes its turn at the
-- Default Pod, whose id is the same. A row and not an advisory lock, which is each node's own; it keeps no mail out, as that
-- locks inboxes, and foreign keys only share the pod.
create function rookery_take_turns(pod uuid) returns void language plpgsql as $$
begin
  perform 1 from pods where id = pod for no key update;
end
$$;
revoke all on function rookery_take_turns(uuid) from public;
grant execute on function rookery_take_turns(uuid) to rookery_app, rookery_worker;

-- Whether anybody has a receive or reply list, asked for each group of arriving mail.
create index list_entries_on_arrivals on list_entries (organization_id) where direction in ('receive', 'reply');
