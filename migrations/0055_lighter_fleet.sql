-- What an apply of a fleet writes, without what nobody needs of it. See docs/decisions/0069-what-an-apply-costs.md.

-- Receipts that nobody has confirmed, with the keys that were made under each. A key is confirmed once its receipt is not there: one row
-- is deleted, where each key was written anew, with all its indexes.
create table key_receipts (
  organization_id uuid not null,
  -- Always null: they are the organization's.
  pod_id uuid check (pod_id is null),
  id uuid not null,
  key_ids uuid[] not null,
  primary key (organization_id, id)
);
select rookery_isolate('key_receipts', inbox => null);
-- The receipt of a key; null: it was made otherwise. `receipt_id` is how versions before this one say it, of unconfirmed keys alone.
alter table api_keys add column made_under uuid;

-- Organizations are never deleted, and the policies hold every row that a key writes against its organization. Looking it up again for each row took 13 µs,
-- and had all who write in an organization lock its row.
alter table api_keys drop constraint api_keys_organization_id_fkey;
alter table webhooks drop constraint webhooks_organization_id_fkey;
alter table client_ids drop constraint client_ids_organization_id_fkey;
alter table fleet_tenants drop constraint fleet_tenants_organization_id_fkey;
