-- As in 0021, but of several caps that a send would exceed the one that lasts longest, and not the one of the longest time: before midnight the
-- cap of an hour outlasts that of the day. Whoever was told the sooner of two would try again for nothing.
create or replace function rookery_exceeded(
  c send_counts, per_minute bigint, per_five_minutes bigint, per_hour bigint, per_day bigint, per_thirty_days bigint,
  added bigint, new_per_day bigint, out exceeded text, out used bigint, out resets_at timestamptz
) language plpgsql stable as $$
declare
  midnight constant timestamptz := ((c.day + 1)::timestamp) at time zone 'UTC';
  -- A cap of 0 is exceeded for good.
  never constant timestamptz := 'infinity';
  held bigint;
  ends timestamptz;
  w record;
begin
  resets_at := '-infinity';
  for w in select * from (values
      ('sentPerThirtyDays', c.thirty_days, c.thirty_days_part, 43200, per_thirty_days),
      ('sentPerHour', c.hour, c.hour_part, 60, per_hour),
      ('sentPerFiveMinutes', c.five_minutes, c.five_minutes_part, 5, per_five_minutes),
      ('sentPerMinute', c.minute, c.minute_part, 1, per_minute)) as windows (name, counts, part, seconds, most)
    where most is not null
  loop
    held := (select sum(n) from unnest(w.counts) as n);
    if held >= w.most then
      ends := coalesce(to_timestamp(rookery_window_ends(w.counts, w.part, w.seconds, w.most)), never);
      if ends > resets_at then
        exceeded := w.name; used := held; resets_at := ends;
      end if;
    end if;
  end loop;
  ends := case when per_day > 0 then midnight else never end;
  if c.sent >= per_day and ends > resets_at then
    exceeded := 'sentPerDay'; used := c.sent; resets_at := ends;
  end if;
  ends := case when new_per_day > 0 then midnight else never end;
  if c.new_recipients + added > new_per_day and ends > resets_at then
    exceeded := 'newRecipientsPerDay'; used := c.new_recipients; resets_at := ends;
  end if;
  if exceeded is null or resets_at = never then
    resets_at := null;
  end if;
end
$$;
