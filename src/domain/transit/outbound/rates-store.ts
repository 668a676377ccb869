/** SQL of rolling rates. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import type { Counts } from "./standing-store.ts";

export interface RateWindows {
  /** End of the first window, and of the last at the latest. */
  readonly start: Date;
  readonly end: Date;
  readonly periodSeconds: number;
  readonly windowSeconds: number;
}

/** Sums of each window, the earliest first; the end of a window is not in it. Of the transaction's scope. @param scope the same */
export async function sumWindows(
  tx: Tx,
  scope: Scope,
  { start, end, periodSeconds, windowSeconds }: RateWindows,
): Promise<(Counts & { readonly timestamp: Date })[]> {
  const { rows } = await sql<Counts & { readonly timestamp: Date }>`
    with counted as (
      select * from rookery_sent_in_periods(${start}::timestamptz - make_interval(secs => ${windowSeconds}), ${start}::timestamptz,
        ${end}::timestamptz, ${periodSeconds}::float8)
    ), window_ends as (
      select n, ${start}::timestamptz + make_interval(secs => n * ${periodSeconds}::float8) as timestamp
      from generate_series(0, floor(extract(epoch from ${end}::timestamptz - ${start}::timestamptz) / ${periodSeconds}::float8)::integer) as n)
    select window_ends.timestamp, coalesce(sum(sent), 0)::float8 as sent, coalesce(sum(bounced), 0)::float8 as bounced,
      coalesce(sum(complained), 0)::float8 as complained
    from window_ends left join counted on counted.period <= n and counted.period > n - ${windowSeconds / periodSeconds}::integer
    group by window_ends.timestamp order by window_ends.timestamp`.execute(tx.within(scope));
  return rows;
}
