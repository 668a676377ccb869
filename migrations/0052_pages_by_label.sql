-- A page of a list by labels is found by one function, which reads as much as the page needs. See docs/decisions/0065-pages-by-label.md.

-- Ids of the first `most` rows of a list (messages, threads or drafts) of a pod and inbox, of which null is every one: those that have all of `labels` and none of
-- `hidden`, behind a place and between two times, none of which is in it. Without `most` all of them, or null where a list in its order soon finds some.
-- Runs as rookery_worker, and so asks for the scope itself: row-level security costs each row that is read several times what a look at its labels does.
create function rookery_labelled_rows(
  kind text, pod uuid, inbox uuid, labels text[], hidden text[], before timestamptz, after timestamptz, place timestamptz, place_id uuid,
  ascending boolean, most integer
) returns uuid[]
language plpgsql stable security definer
set search_path = public, pg_temp set plan_cache_mode = force_custom_plan set enable_seqscan = off set enable_sort = off as $$
declare
  organization constant uuid := rookery_organization();
  -- Rows of the list that are read in each step: 1 to 5 µs each. Of fewer a look would say little of what follows.
  step constant integer := 500;
  -- Rows that are read for a page rather than asking the index, which gives all rows of a label or none: half a million take half a second.
  worth_reading constant integer := 5000;
  -- Rows with one of the labels that are all read and sorted. Of more, a list in its order passes few others.
  few constant integer := 2000;
  -- Of the rows in one step, so many have the labels where no page is asked for and a list in its order is to be read.
  common constant integer := 25;
  wanted constant integer := coalesce(most, common);
  at constant text := case kind when 'drafts' then 'updated_at' else 'timestamp' end;
  direction constant text := case when ascending then 'asc' else 'desc' end;
  within_times constant text := format('($6 is null or t.%1$s < $6) and ($7 is null or t.%1$s > $7) and ($8 is null or (t.%1$s, t.id) %2$s ($8, $9))',
    at, case when ascending then '>' else '<' end);
  fits constant text := 't.labels @> $4 and not t.labels && $5';
  -- The index of unread mail, where there is one of this order, has no other rows.
  unread constant text := case when 'unread' = any (labels) and (kind = 'messages' or kind = 'threads' and pod is null)
    then ' and t.labels @> ''{unread}''' else '' end;
  -- By the columns of an index by time. What fits of a step, how many rows it has, and the last of them.
  reading constant text := format('with read as materialized (
      select t.id, t.%1$s as at, t.organization_id = $1 and %2$s as fits from %3$I as t where %4$s and %5$s order by t.%1$s %6$s, t.id %6$s limit %7$s)
    select array(select id from read where fits limit $10), count(*), (array_agg(at))[count(*)], (array_agg(id))[count(*)] from read',
    at, fits, kind, case when inbox is not null then 't.pod_id = $2 and t.inbox_id = $3' when pod is not null then 't.pod_id = $2'
      else 't.organization_id = $1' end || unread, within_times, direction, step);
  -- By their ids alone: beside a plain comparison of the inbox the planner would read all that it holds.
  choosing constant text := format('with possible as materialized (
      select t.id, t.%1$s as at from %3$I as t where %4$s and t.id = any ($11) and t.organization_id is not distinct from $1
        and ($3 is null or t.inbox_id is not distinct from $3) and %2$s and %5$s)
    select array(select id from possible order by at %6$s, id %6$s limit $10)',
    at, fits, kind, case when pod is null then 't.organization_id = $1' else 't.pod_id = $2' end, within_times, direction);
  found uuid[] := '{}';
  added uuid[];
  possible uuid[];
  label text;
  read_now integer;
  last timestamptz;
  last_id uuid;
  is_asked boolean := false;
begin
  if organization is null or pod is distinct from coalesce(rookery_pod(), pod) or inbox is distinct from coalesce(rookery_inbox(), inbox) then
    return '{}';
  end if;
  loop
    execute reading into added, read_now, last, last_id
      using organization, pod, inbox, labels, hidden, before, after, place, place_id, wanted - cardinality(found);
    found := found || added;
    if cardinality(found) >= wanted then
      return case when most is not null then found end;
    end if;
    if read_now < step then
      return found;
    end if;
    place := last;
    place_id := last_id;
    -- By what the last step gave: a label that is new stands on the newest rows alone.
    if not is_asked and (most is null or (wanted - cardinality(found)) * step > worth_reading * cardinality(added)) then
      is_asked := true;
      foreach label in array labels loop
        continue when kind <> 'drafts' and (label = 'received' or label = 'unread' and (kind = 'messages' or pod is null));
        execute format('select rookery_labelled%s($1, $2, $3, $4)', case when kind <> 'messages' then '_' || kind end)
          into possible using pod, inbox, label, few + 1;
        if cardinality(possible) <= few then
          execute choosing into added
            using organization, pod, inbox, labels, hidden, before, after, place, place_id, most - cardinality(found), possible;
          return found || added;
        end if;
      end loop;
    end if;
    exit when most is null;
  end loop;
  return null;
end
$$;
revoke all on function rookery_labelled_rows(text, uuid, uuid, text[], text[], timestamptz, timestamptz, timestamptz, uuid, boolean, integer) from public;
grant execute on function rookery_labelled_rows(text, uuid, uuid, text[], text[], timestamptz, timestamptz, timestamptz, uuid, boolean, integer) to rookery_app;
grant create on schema public to rookery_worker;
alter function rookery_labelled_rows(text, uuid, uuid, text[], text[], timestamptz, timestamptz, timestamptz, uuid, boolean, integer) owner to rookery_worker;
revoke create on schema public from rookery_worker;
