-- The fleet: what it made, plans of what it is to be, and secrets that nobody has confirmed. See docs/decisions/0035-fleet.md.

-- A key of an apply whose client has not confirmed that it has the secret; null: it has, or the key was made otherwise.
alter table api_keys add column receipt_id uuid;
create index api_keys_unconfirmed on api_keys (receipt_id) where receipt_id is not null;

-- One row for each organization that has a fleet, which batches of applies lock: two at once take turns, and neither doubles
-- nor waits for the other in a circle.
create table fleets (
  organization_id uuid primary key references organizations (id),
  -- Always null in these tables: they are the organization's, and no key of a pod sees them.
  pod_id uuid check (pod_id is null),
  -- The plan that was applied last, or is being applied.
  plan_id uuid
);
select rookery_isolate('fleets', inbox => null);

-- Tenants that an apply made or adopted. `objects`: of each object by kind and name its id, and a hash of what the document said of
-- it, which tells a change of the document from one made in Rookery. A row outlives its pod when that is deleted by others.
create table fleet_tenants (
  organization_id uuid not null references organizations (id),
  pod_id uuid check (pod_id is null),
  slug text collate "C" not null,
  tenant_pod_id uuid not null,
  objects jsonb not null,
  applied_at timestamptz not null,
  primary key (organization_id, slug)
);
select rookery_isolate('fleet_tenants', inbox => null);

-- The same of policies, rules and lists, which tenants share.
create table fleet_shared (
  organization_id uuid not null references organizations (id),
  pod_id uuid check (pod_id is null),
  kind text not null check (kind in ('policy', 'rule', 'list')),
  name text not null,
  resource_id uuid not null,
  says text not null,
  applied_at timestamptz not null,
  primary key (organization_id, kind, name)
);
select rookery_isolate('fleet_shared', inbox => null);

-- A desired state, and what it would change when it was planned. No secrets.
create table fleet_plans (
  id uuid primary key,
  organization_id uuid not null references organizations (id),
  pod_id uuid check (pod_id is null),
  -- storing: its tenants are not all there yet. planned: it is whole. applying, applied.
  state text not null check (state in ('storing', 'planned', 'applying', 'applied')),
  -- All of the document but its tenants, and apart from it what it declares, which may be large.
  settings jsonb not null,
  shared jsonb not null,
  options jsonb not null,
  tenants integer not null,
  hash text,
  summary jsonb,
  -- Tenants before this position were applied.
  applied_to integer not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index fleet_plans_by_organization on fleet_plans (organization_id, created_at, id);
select rookery_isolate('fleet_plans', inbox => null);

create table fleet_plan_tenants (
  plan_id uuid not null references fleet_plans (id) on delete cascade,
  position integer not null,
  organization_id uuid not null,
  pod_id uuid check (pod_id is null),
  slug text collate "C" not null,
  entry jsonb not null,
  primary key (plan_id, slug)
);
-- Begins with the position, not the plan: where nothing is known of the rows yet, the planner would else take this one to look for a
-- slug, and read the whole plan for each.
create unique index fleet_plan_tenants_in_order on fleet_plan_tenants (position, plan_id);
select rookery_isolate('fleet_plan_tenants', inbox => null);

-- Changes of a batch: of what tenants share, of tenants by the position that it begins at, of removals by the slug that it begins behind.
create table fleet_plan_changes (
  plan_id uuid not null references fleet_plans (id) on delete cascade,
  batch text collate "C" not null,
  position integer not null,
  organization_id uuid not null,
  pod_id uuid check (pod_id is null),
  lines jsonb not null,
  primary key (plan_id, batch)
);
select rookery_isolate('fleet_plan_changes', inbox => null);

-- Who changed an object last. Rows about mail, which are most, are not in it.
create index audit_of_objects on audit (pod_id, target, id)
  where operation in ('pod.create', 'pod.update', 'pod.delete', 'inbox.create', 'inbox.update', 'inbox.delete', 'api_key.create',
    'api_key.update', 'api_key.delete', 'webhook.create', 'webhook.update', 'webhook.delete', 'policy.create', 'policy.update',
    'policy.delete', 'rule.create', 'rule.update', 'rule.delete', 'value_list.update', 'value_list.add_items',
    'value_list.remove_items', 'value_list.delete');
