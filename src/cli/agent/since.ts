/** A time that a flag names, as people write it. */
import { UsageError } from "../parts.ts";

/** In seconds. */
const units: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `7d`, or a date. @returns ISO 8601 in UTC. @throws UsageError */
export function sinceOf(text: string, now: Date): string {
  const [, count, unit = ""] = /^(\d{1,5})([mhdw])$/.exec(text) ?? [];
  const at =
    count === undefined ? Date.parse(text) : now.getTime() - Number(count) * (units[unit] ?? 0) * 1000;
  // A number alone would be read as a year.
  if (Number.isNaN(at) || (count === undefined && !/^\d{4}-\d\d-\d\d/.test(text)))
    throw new UsageError(
      `--since ${text}: it takes a time such as 30m, 24h, 7d or 2w, or a date such as 2026-11-01.`,
    );
  return new Date(at).toISOString();
}
