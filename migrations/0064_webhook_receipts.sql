-- Webhooks whose secrets nobody has confirmed, beside the keys: a fleet that has webhooks alone has receipts as well, and what was lost before it
-- was stored comes again. See docs/decisions/0076-a-walk-through-the-fleet.md.
alter table key_receipts add column webhook_ids uuid[] not null default '{}';
