-- Keys that end, and tenants that end. See docs/decisions/0037-offboarding.md.

-- Keys that expire are found in the order in which they do.
create index api_keys_expiring on api_keys (organization_id, expires_at) where expires_at is not null;
