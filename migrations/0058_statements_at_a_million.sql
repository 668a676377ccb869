-- As in 0050, by the first address at or behind each domain in the order of its index. Asked for one with that domain, the planner read all addresses of the
-- organization where they have few domains: any row is likely to be one, and of a domain that has none all are read, 15 ms of 100,000 for each send.

create or replace function rookery_hosted(names text[]) returns setof text
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  organization constant uuid := rookery_organization();
begin
  return query select wanted.host from unnest(names) as wanted (host)
    where ((select split_part(a.address, '@', 2) from addresses as a
        where a.organization_id = organization and split_part(a.address, '@', 2) >= wanted.host
        order by split_part(a.address, '@', 2) limit 1) = wanted.host
      or exists (select from domains as d where d.domain = wanted.host and d.status = 'VERIFIED'))
      and not exists (select from domains as d where d.domain = wanted.host and d.status = 'VERIFIED' and not d.inbound_enabled);
end
$$;
