-- Distributes a migrated database over the nodes of a Citus cluster, once. docs/guides/scale.md says when and how.
--
--   psql -v ON_ERROR_STOP=1 -f distribute.sql postgresql://<superuser>@<coordinator>/<database>
--
-- Every table of the schema is named here once: distributed (by pod, each pod's rows together on one node), reference (a copy on
-- every node) or local (on the coordinator only). That follows from its primary key and its policy, so a new table is named by
-- `npm run generate`; test/schema holds the outcome against the catalog.

do $$
begin
  if not exists (select from pg_extension where extname = 'citus') then
    raise exception 'this database has no Citus' using hint = 'create extension citus on every node, and citus_add_node for each';
  end if;
  -- Row-level security is forced on the owner as well, who would copy no row to the nodes and lose them all.
  if not (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) then
    raise exception '% may not see every row', current_user using hint = 'run this as a superuser';
  end if;
end
$$;

-- Nodes connect to each other as the role that runs the statement. pg_hba.conf of each, or pg_dist_authinfo, must let them.
alter role rookery_app login;
alter role rookery_worker login;
select result from run_command_on_workers($command$
  do $$
  declare role_name text;
  begin
    foreach role_name in array array['rookery_app', 'rookery_worker'] loop
      if not exists (select from pg_roles where rolname = role_name) then
        execute format('create role %I login nobypassrls', role_name);
      end if;
      execute format('alter role %I login', role_name);
    end loop;
  end
  $$
$command$);

begin;
-- One connection to each node: tables that point at one another are made one after the other.
set local citus.multi_shard_modify_mode = 'sequential';

-- What policies call is called where the rows are.
select create_distributed_function('rookery_organization()');
select create_distributed_function('rookery_pod()');
select create_distributed_function('rookery_inbox()');
select create_distributed_function('rookery_in_scope(uuid)');
select create_distributed_function('rookery_in_scope(uuid, uuid)');
select create_distributed_function('rookery_in_scope(uuid, uuid, uuid)');

-- Citus takes no triggers. Without them pages of inboxes by offset skip row by row, as nothing is counted any more.
drop trigger note_ranks_of_new on inboxes;
drop trigger note_ranks_of_changed on inboxes;
drop trigger note_ranks_of_deleted on inboxes;
delete from inbox_ranks;

-- From here on written by `npm run generate`.
-- Reference: what is looked up before the pod is known, and small. Held to a scope, under a key that does not begin with the pod.
select create_reference_table('addresses');
select create_reference_table('api_keys');
select create_reference_table('client_ids');
select create_reference_table('fleet_tenants');
select create_reference_table('key_receipts');
select create_reference_table('organizations');
select create_reference_table('callback_uris');
select create_reference_table('domains');
select create_reference_table('dkim_keys');
select create_reference_table('fleet_plans');
select create_reference_table('fleet_plan_changes');
select create_reference_table('fleet_plan_tenants');
select create_reference_table('fleet_shared');
select create_reference_table('fleets');
select create_reference_table('list_entries');
select create_reference_table('organization_event_counts');
select create_reference_table('organization_profiles');
select create_reference_table('organization_usage_history');
select create_reference_table('policies');
select create_reference_table('polling_webhooks');
select create_reference_table('polling_consumers');
select create_reference_table('rules');
select create_reference_table('sign_ups');
select create_reference_table('value_lists');
select create_reference_table('value_list_items');
select create_reference_table('webhooks');

-- Distributed, referenced tables first: the primary key begins with the pod.
select create_distributed_table('pods', 'id', colocate_with => 'none');
select create_distributed_table('audit', 'pod_id', colocate_with => 'pods');
select create_distributed_table('blobs', 'pod_id', colocate_with => 'pods');
select create_distributed_table('blob_texts', 'pod_id', colocate_with => 'pods');
select create_distributed_table('event_counts', 'pod_id', colocate_with => 'pods');
select create_distributed_table('events', 'pod_id', colocate_with => 'pods');
select create_distributed_table('inboxes', 'pod_id', colocate_with => 'pods');
select create_distributed_table('drafts', 'pod_id', colocate_with => 'pods');
select create_distributed_table('draft_attachments', 'pod_id', colocate_with => 'pods');
select create_distributed_table('files', 'pod_id', colocate_with => 'pods');
select create_distributed_table('file_pieces', 'pod_id', colocate_with => 'pods');
select create_distributed_table('idempotency_keys', 'pod_id', colocate_with => 'pods');
select create_distributed_table('inbox_usage', 'pod_id', colocate_with => 'pods');
select create_distributed_table('inbox_words', 'pod_id', colocate_with => 'pods');
select create_distributed_table('outbound_counts', 'pod_id', colocate_with => 'pods');
select create_distributed_table('outbound_deliveries', 'pod_id', colocate_with => 'pods');
select create_distributed_table('outbound_inbox_standing', 'pod_id', colocate_with => 'pods');
select create_distributed_table('outbound_standing', 'pod_id', colocate_with => 'pods');
select create_distributed_table('outbound_warm_ups', 'pod_id', colocate_with => 'pods');
select create_distributed_table('polling_events', 'pod_id', colocate_with => 'pods');
select create_distributed_table('receive_counts', 'pod_id', colocate_with => 'pods');
select create_distributed_table('rule_evaluations', 'pod_id', colocate_with => 'pods');
select create_distributed_table('search_queue', 'pod_id', colocate_with => 'pods');
select create_distributed_table('send_counts', 'pod_id', colocate_with => 'pods');
select create_distributed_table('sent_recipients', 'pod_id', colocate_with => 'pods');
select create_distributed_table('storage_counts', 'pod_id', colocate_with => 'pods');
select create_distributed_table('threads', 'pod_id', colocate_with => 'pods');
select create_distributed_table('messages', 'pod_id', colocate_with => 'pods');
select create_distributed_table('attachments', 'pod_id', colocate_with => 'pods');
select create_distributed_table('message_search', 'pod_id', colocate_with => 'pods');
select create_distributed_table('usage_history', 'pod_id', colocate_with => 'pods');
select create_distributed_table('webhook_deliveries', 'pod_id', colocate_with => 'pods');
select create_distributed_table('webhook_attempts', 'pod_id', colocate_with => 'pods');

-- Local: what only the coordinator asks for, as the whole schema graphile_worker.
-- local: event_readers
-- local: inbox_rank_changes
-- local: inbox_ranks
-- local: installation
-- local: migrations
-- local: worker_processes
commit;
