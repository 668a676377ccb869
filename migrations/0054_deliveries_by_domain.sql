-- Lists of deliveries to one domain, and of those that failed, which are few: else they read all that a pod has. Of an organization they are
-- asked for pod by pod. See docs/decisions/0056-outbound-speed.md.
create index outbound_deliveries_to_domain on outbound_deliveries
  (pod_id, coalesce(domain, lower(split_part(recipient, '@', 2))), id);
create index outbound_deliveries_failed on outbound_deliveries (pod_id, id) where state in ('bounced', 'failed', 'complained');
