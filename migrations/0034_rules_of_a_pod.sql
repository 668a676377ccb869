-- Rules, value lists and their items belong to the organization, and a request about a pod sees none of their rows: what its pod has
-- attached, and what its sends are judged by, it reads through the functions below, as policies. See docs/decisions/0028-rules.md.

alter table rules add column pod_id uuid check (pod_id is null);
alter table value_lists add column pod_id uuid check (pod_id is null);
alter table value_list_items add column pod_id uuid check (pod_id is null);
select rookery_isolate('rules', inbox => null), rookery_isolate('value_lists', inbox => null),
  rookery_isolate('value_list_items', inbox => null);

-- All of these run as rookery_worker and ask for the session's scope once.

-- Rules that the request's pod has attached.
create function rookery_rules_of_pod() returns setof rules language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  organization constant uuid := rookery_organization();
  attached uuid[];
begin
  select p.rule_ids into attached from pods as p where p.id = rookery_pod() and p.organization_id = organization;
  return query select r.* from rules as r where r.id = any (attached) and r.organization_id = organization;
end
$$;

-- Rules of the organization by their ids. For sends, which are judged by what the look-up of their inbox named, whatever was attached
-- or detached since: what is compiled of them is remembered for other pods with the same rules. And for requests of the organization's
-- keys about one pod, to which all but the attached are hidden: the caller holds the key to what it may see.
create function rookery_rules_named(ids uuid[]) returns setof rules language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare
  organization constant uuid := rookery_organization();
begin
  return query select r.* from rules as r where r.id = any (ids) and r.organization_id = organization;
end
$$;

-- The same of value lists.
create function rookery_lists_named(ids uuid[]) returns setof value_lists language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare
  organization constant uuid := rookery_organization();
begin
  return query select l.* from value_lists as l where l.id = any (ids) and l.organization_id = organization;
end
$$;

-- Value lists that the rules of the request's pod name.
create function rookery_lists_of_pod() returns setof value_lists language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare
  organization constant uuid := rookery_organization();
begin
  return query select l.* from value_lists as l where l.organization_id = organization
    and l.id in (select unnest(r.list_ids) from rookery_rules_of_pod() as r);
end
$$;

-- A page of such a list's items, by their text.
create function rookery_items_of_pod(list uuid, after text, ascending boolean, most integer) returns setof value_list_items
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  if not exists (select from rookery_lists_of_pod() as l where l.id = list) then
    return;
  end if;
  if ascending then
    return query select i.* from value_list_items as i where i.list_id = list and (after is null or i.value > after)
      order by i.value limit most;
  else
    return query select i.* from value_list_items as i where i.list_id = list and (after is null or i.value < after)
      order by i.value desc limit most;
  end if;
end
$$;

-- Which of the values are on which of the lists, each named by a rule that the caller has compiled.
create function rookery_listed_values(lists uuid[], asked text[]) returns table (list_id uuid, value text)
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  organization constant uuid := rookery_organization();
begin
  return query select i.list_id, i.value from unnest(lists, asked) as a (list_id, value)
    join value_list_items as i on i.list_id = a.list_id and i.value = a.value
    where a.value > '' and i.organization_id = organization;
end
$$;

do $$
declare
  signature text;
begin
  grant create on schema public to rookery_worker;
  foreach signature in array array[
    'rookery_rules_of_pod()',
    'rookery_rules_named(uuid[])',
    'rookery_lists_named(uuid[])',
    'rookery_lists_of_pod()',
    'rookery_items_of_pod(uuid, text, boolean, integer)',
    'rookery_listed_values(uuid[], text[])'
  ] loop
    execute format('revoke all on function %s from public', signature);
    execute format('grant execute on function %s to rookery_app, rookery_worker', signature);
    execute format('alter function %s owner to rookery_worker', signature);
  end loop;
  revoke create on schema public from rookery_worker;
end
$$;
