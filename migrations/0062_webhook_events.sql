-- What a webhook was sent is listed, newest first, and sent again: docs/decisions/0074-what-a-webhook-was-sent.md.

-- Attempts that were made before it was sent again the last time: from there on the schedule of retries counts.
alter table webhook_deliveries add column resent_after integer not null default 0;

-- In the order of events, which is that of lists, in the place of one by time that nothing read in order. Those that failed are few among many; a
-- row enters their index when it fails, and not before.
create index webhook_deliveries_of_webhook on webhook_deliveries (webhook_id, event_id);
create index webhook_deliveries_failed on webhook_deliveries (webhook_id, event_id) where state = 'failed';
drop index webhook_deliveries_by_webhook;

-- Requests make deliveries due again, in their own scope. Attempts are still the workers' alone.
grant update on webhook_deliveries to rookery_app;
