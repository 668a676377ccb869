-- Rules of an organization, the value lists that they name, and the trail that each evaluation leaves. What is in force for a pod is in
-- pods.rule_ids.

create table value_lists (
  id uuid primary key,
  organization_id uuid not null references organizations (id),
  name text not null,
  description text,
  type text not null check (type in ('domain', 'tld', 'address')),
  -- Kept by whoever changes the items, under the lock of this row.
  items_count integer not null check (items_count >= 0),
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index value_lists_by_organization on value_lists (organization_id, created_at, id);
select rookery_isolate('value_lists', pod => null, inbox => null);

-- In "C" order, which is that of the index and of pages. A message is looked up by its own values: nobody reads a list whole.
create table value_list_items (
  list_id uuid not null references value_lists (id) on delete cascade,
  value text collate "C" not null,
  id uuid not null,
  organization_id uuid not null,
  created_at timestamptz not null,
  primary key (list_id, value)
);
select rookery_isolate('value_list_items', pod => null, inbox => null);

create table rules (
  id uuid primary key,
  organization_id uuid not null references organizations (id),
  name text not null,
  description text,
  priority integer not null check (priority between 0 and 1000),
  enabled boolean not null,
  trigger text not null check (trigger in ('inbound', 'outbound')),
  match_operator text not null check (match_operator in ('all', 'any')),
  conditions jsonb not null,
  actions jsonb not null,
  -- Value lists that the conditions name, whether they are still there or not.
  list_ids uuid[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index rules_by_organization on rules (organization_id, created_at, id);
create index rules_on_sends on rules (organization_id) where trigger = 'outbound' and enabled;
select rookery_isolate('rules', pod => null, inbox => null);

create index pods_by_rule on pods using gin (rule_ids) where rule_ids <> '{}';

-- Enabled outbound rules of the organization that no pod has attached: those are in force in all of its pods. Runs as rookery_worker,
-- as a send sees its own pod alone; one look at the index of pods for each rule, when the rules of a pod are compiled.
create function rookery_unattached_rules() returns setof uuid language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare
  organization constant uuid := rookery_organization();
  candidate uuid;
begin
  for candidate in
    select id from rules where organization_id = organization and trigger = 'outbound' and enabled
  loop
    perform 1 from pods
    where organization_id = organization and rule_ids <> '{}' and rule_ids @> array[candidate] limit 1;
    if not found then
      return next candidate;
    end if;
  end loop;
end
$$;
revoke all on function rookery_unattached_rules() from public;
grant execute on function rookery_unattached_rules() to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_unattached_rules() owner to rookery_worker;
revoke create on schema public from rookery_worker;

-- The trail: one row for each evaluation in which a rule was looked at. One index serves the list of an inbox, newest first, and
-- what is old: an id begins with its time (UUID version 7). An evaluation that stored a message has the message's id.
create table rule_evaluations (
  pod_id uuid not null,
  inbox_id uuid not null,
  id uuid not null,
  organization_id uuid not null,
  message_uuid uuid,
  stage text not null check (stage in ('rcpt', 'arrival', 'send')),
  from_address text,
  -- Of sends.
  recipients text[],
  outbound_type text,
  applied text[] not null,
  folders text[] not null,
  matched_rule_ids uuid[] not null,
  created_at timestamptz not null,
  primary key (pod_id, inbox_id, id),
  foreign key (pod_id, inbox_id) references inboxes (pod_id, id) on delete cascade
);
select rookery_isolate('rule_evaluations', granted => 'select, insert');
