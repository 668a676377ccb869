-- A message that was accepted goes out even when its sender deletes it at once: its copies no longer go with it, and name
-- the bytes themselves. Null only in rows of the version before, whose message is still there.
alter table outbound_deliveries add column raw_sha256 bytea;
update outbound_deliveries as d set raw_sha256 = m.raw_sha256
from messages as m where m.pod_id = d.pod_id and m.id = d.message_uuid and d.state = 'queued';
alter table outbound_deliveries drop constraint outbound_deliveries_pod_id_message_uuid_fkey;
alter table outbound_deliveries add foreign key (pod_id) references pods (id) on delete cascade;
create index outbound_deliveries_by_blob on outbound_deliveries (pod_id, raw_sha256) where state = 'queued';
