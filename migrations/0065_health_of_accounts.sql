-- What a page of accounts costs, and the health of one. See docs/decisions/0034-pages-by-offset.md.

-- As in 0026. From where to read a page behind `skip` inboxes: from this one on (before it, in descending order), past `rest` more. No row: from
-- the beginning. `left_out` are inboxes that the list leaves out, with their times.
create or replace function rookery_nearest_rank(
  organization uuid, sorted_by text, ascending boolean, skip bigint, left_out uuid[], left_out_times timestamptz[]
) returns table (at timestamptz, id uuid, rest bigint) language plpgsql stable
-- A table that was emptied often is large, however few rows it has.
set enable_seqscan = off as $$
declare
  ranks inbox_ranks;
  changes bigint;
  noted bigint;
  wanted bigint;
  apart bigint;
  low integer;
  high integer;
begin
  select * into ranks from inbox_ranks as r where r.organization_id = organization and r.sort = sorted_by;
  if not found or ranks.total = 0 or skip < ranks.step then
    return;
  end if;
  select count(*), coalesce(sum(c.change), 0) into noted, changes from (
    select c.change from inbox_rank_changes as c where c.organization_id = organization and c.sort = sorted_by limit 5001) as c;
  -- Reading them would take longer than skipping rows.
  if noted > 5000 then
    return;
  end if;
  wanted := case when ascending then skip else ranks.total + changes - cardinality(left_out) - skip end;
  -- Each change moves a rank by one at most. Those further away than that are not looked at.
  apart := noted + cardinality(left_out);
  low := least(greatest((wanted - apart) / ranks.step, 0) + 1, cardinality(ranks.ids));
  high := greatest((wanted + apart) / ranks.step, 0) + 2;
  return query
    with points as (
      select a.at, a.id, (low + a.place - 2) * ranks.step as rank, 0 as change
      from unnest(ranks.times[low:high], ranks.ids[low:high]) with ordinality as a (at, id, place)
      union all
      select c.at, c.inbox_id, null, c.change from inbox_rank_changes as c where c.organization_id = organization and c.sort = sorted_by
      union all
      select l.at, l.id, null, -1 from unnest(left_out_times, left_out) as l (at, id)
    ), ranked as (
      -- Of each how many inboxes are before it now. It need not be there any more itself.
      select p.at, p.id, p.rank is not null as is_anchor,
        p.rank + sum(p.change) over (order by p.at, p.id, p.rank nulls last rows unbounded preceding) as rank
      from points as p
    )
    select r.at, r.id, abs(wanted - r.rank)::bigint from ranked as r
    where r.is_anchor and case when ascending then r.rank <= wanted else r.rank >= wanted end
    order by abs(wanted - r.rank) limit 1;
end
$$;

-- As in 0060, with one plan for all who ask: to plan took longer than to look. No index of failing endpoints for those of pods, or of the organization: it
-- has all that fail, and may have been empty when the plan was made.
create or replace function rookery_failing_endpoints(before timestamptz, pods uuid[], inboxes uuid[], most integer)
returns table (id uuid, pod_id uuid, inbox_id uuid, pod_ids uuid[], inbox_ids uuid[], failing_since timestamptz, enabled boolean)
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  organization constant uuid := rookery_organization();
  pod constant uuid := rookery_pod();
  never constant timestamptz := 'infinity';
begin
  if pods is null and pod is not null then
    pods := array[pod];
  end if;
  if pods is null then
    return query select w.id, w.pod_id, w.inbox_id, w.pod_ids, w.inbox_ids, w.failing_since, w.enabled from webhooks as w
      where w.organization_id = organization and w.failing_since <= before
        and (w.pod_id is not null or w.pod_ids <> '{}' or w.inbox_ids <> '{}')
      limit most;
    return;
  end if;
  return query (
      select w.id, w.pod_id, w.inbox_id, w.pod_ids, w.inbox_ids, w.failing_since, w.enabled from webhooks as w
      where w.pod_id = any (pods) and w.organization_id is not distinct from organization and coalesce(w.failing_since, never) <= before
        and (pod is null or w.pod_id = pod)
      limit most
    ) union all (
      select w.id, w.pod_id, w.inbox_id, w.pod_ids, w.inbox_ids, w.failing_since, w.enabled from webhooks as w
      where w.organization_id = organization and w.pod_id is null and coalesce(w.failing_since, never) <= before and pod is null
        and (w.pod_ids && pods or w.inbox_ids && inboxes)
      limit most
    ) limit most;
end
$$;
