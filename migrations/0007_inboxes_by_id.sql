-- Inboxes by their id alone, as a dialect names them that does not use addresses. The same index serves the foreign key.
drop index addresses_by_inbox;
create index addresses_by_inbox on addresses (inbox_id, pod_id);
