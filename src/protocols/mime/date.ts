/** Dates as mail has them: RFC 5322 section 3.3, its obsolete forms (section 4.3), and what programs write instead. */

/** Characters read of a date: a day's name in any tongue, and a comment. */
const MAX_DATE = 200;

/** Null without a time of day: a lone number would be read as a month. */
export function parseDate(text: string): Date | null {
  if (usual.test(text)) return new Date(text);
  const written = text.slice(0, MAX_DATE);
  const line = withoutComments(written);
  const time = timeIn(line);
  if (time === null) return null;
  const day = dayIn(line.replace(time.text, " "));
  const zoneMinutes = zoneIn(line.slice(time.end)) ?? zoneIn(commentOf(written)) ?? 0;
  if (day === null) return fallback(written);
  const date = new Date(0);
  date.setUTCFullYear(day.year, day.month, day.day);
  date.setUTCHours(time.hour, time.minute - zoneMinutes, time.second);
  return date;
}

/** What nearly all mail has, and the engine reads as RFC 5322 means it: a zone's name in parentheses it passes over. */
const usual =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(?:0?[1-9]|[12]\d|3[01]) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [12]\d{3} (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d [+-](?:0\d|1[0-3])[0-5]\d(?: \([A-Z]{1,5}\))?$/;

/** Comments do not nest in dates that programs write; what is never closed is none. */
const withoutComments = (text: string): string => text.replaceAll(/\([^()]{0,100}\)/g, " ");
const commentOf = (text: string): string => /\(([^()]{1,100})\)\s*$/.exec(text)?.[1] ?? "";

/** Formats that only the engine parses, such as `10/20/2026 10:00`. Without a zone it would use the server's time zone. */
function fallback(text: string): Date | null {
  const hasZone = /([+-]\d\d:?\d\d|[A-Z]{1,5})\s*(\([^()]*\)\s*)?$/i.test(text);
  const date = new Date(hasZone ? text : `${text} UTC`);
  return Number.isNaN(date.getTime()) ? null : date;
}

interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly text: string;
  readonly end: number;
}

const timePattern =
  /(?<!\d)(\d{1,2})\s?[:.]\s?(\d\d)(?:\s?[:.]\s?(\d\d)(?:[.,]\d{1,9})?)?(?![\d:])\s*([ap]\.?m\b\.?)?/gi;

function timeIn(line: string): TimeOfDay | null {
  for (const match of line.matchAll(timePattern)) {
    const [text, hours, minutes, seconds, half] = match;
    const isTwelve = Number(hours) % 12 === 0;
    const afternoon = /^p/i.test(half ?? "");
    const hour = half === undefined ? Number(hours) : (isTwelve ? 0 : Number(hours)) + (afternoon ? 12 : 0);
    // A leap second is the last of its minute here.
    const [minute, second] = [Number(minutes), Math.min(Number(seconds ?? 0), 59)];
    // With points between its numbers it may be a date.
    const isDate =
      !text.includes(":") &&
      (Number(hours) > 23 || /^\s*[./-]?\s*\d{4}/.test(line.slice(match.index + text.length)));
    if (hour < 24 && minute < 60 && !isDate)
      return { hour, minute, second, text, end: match.index + text.length };
  }
  return null;
}

interface Day {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
}

/** Year first (ISO 8601, East Asia), day first as in RFC 5322, or month first as in C's ctime. */
function dayIn(line: string): Day | null {
  const [, isoYear, isoMonth, isoDay] =
    /(?<!\d)(\d{4})[-/.年]\s?(\d{1,2})[-/.月]\s?(\d{1,2})/.exec(line) ?? [];
  if (isoYear !== undefined) return dayOf(isoYear, Number(isoMonth) - 1, isoDay);
  const [, pointDay, pointMonth, pointYear] =
    /(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{2}|\d{4})(?!\d)/.exec(line) ?? [];
  if (pointDay !== undefined) return dayOf(pointYear, Number(pointMonth) - 1, pointDay);
  const [, day, dayMonth, year] =
    /(?<!\d)(\d{1,2})[.\s-]*(?:de\s|d')?(\p{L}{3,12})[.,\s-]*(?:de\s)?(\d{2,4})(?!\d)/u.exec(line) ?? [];
  // A zone name may come where the month would.
  const dayFirst = dayMonth === undefined ? null : dayOf(year, monthOf(dayMonth), day);
  if (dayFirst !== null) return dayFirst;
  const [, month, monthDay, lastYear] =
    /(?<!\p{L})(\p{L}{3,9})\.?\s+(\d{1,2}),?\s.*?(?<!\d)(\d{4})(?!\d)/u.exec(line) ?? [];
  return month === undefined ? null : dayOf(lastYear, monthOf(month), monthDay);
}

function dayOf(year: string | undefined, month: number, day: string | undefined): Day | null {
  const isDay = Number(day) >= 1 && Number(day) <= 31;
  if (!isDay || month < 0 || month > 11) return null;
  return { year: fullYear(year ?? ""), month, day: Number(day) };
}

/** Section 4.3: two digits are of 1950 to 2049, three count from 1900, as in a clock that was not ready for 2000. */
function fullYear(written: string): number {
  const year = Number(written);
  if (written.length === 2) return year < 50 ? 2000 + year : 1900 + year;
  return written.length === 3 ? 1900 + year : year;
}

/** By the start of their names, January first: English, then German, French, Spanish, Portuguese, Italian, Dutch, Nordic, Polish, Czech, Russian, Turkish. */
const months: readonly RegExp[] = [
  /^(jan|jän|ene|gen|sty|led|янв|oca)/,
  /^(feb|fév|fev|lut|úno|únor|фев|şub)/,
  /^(mar|mär|mrz|mrt|maa|mär|бер|мар|bře)/,
  /^(apr|avr|abr|kwi|dub|апр|nis)/,
  /^(may|mai|mag|mei|maj|kvě|мая|май)/,
  /^(jun|juin|giu|cze|červn|июн|haz)/,
  /^(jul|juil|lug|lip|červenc|июл|tem)/,
  /^(aug|aoû|aou|ago|sie|srp|авг|ağu)/,
  /^(sep|set|wrz|zář|сен|eyl)/,
  /^(oct|okt|out|ott|paź|říj|окт|eki)/,
  /^(nov|lis|noy|ноя|kas)/,
  /^(dec|dez|déc|dic|des|gru|pro|дек|ara)/,
];

/** From 0; -1 for none. */
const monthOf = (name: string): number => {
  const lower = name.toLowerCase();
  return months.findIndex((start) => start.test(lower));
};

/** Offsets from UTC in minutes. Ambiguous names are left out (IST), or have the meaning most frequent in mail (BST, CST). */
const zones: Readonly<Record<string, number>> = {
  ...{ UT: 0, UTC: 0, GMT: 0, Z: 0, WET: 0, WEST: 60, BST: 60, IRST: 210 },
  ...{ CET: 60, MET: 60, MEZ: 60, CEST: 120, MEST: 120, MESZ: 120, EET: 120, EEST: 180, SAST: 120 },
  ...{ MSK: 180, MSD: 240, TRT: 180, WIB: 420, ICT: 420, HKT: 480, SGT: 480, PHT: 480, AWST: 480 },
  ...{ JST: 540, KST: 540, ACST: 570, AEST: 600, AEDT: 660, NZST: 720, NZDT: 780 },
  ...{ EDT: -240, EST: -300, CDT: -300, CST: -360, MDT: -360, MST: -420, PDT: -420, PST: -480 },
  ...{ BRT: -180, ART: -180, ADT: -180, AST: -240, AKDT: -480, AKST: -540, HST: -600 },
};
/** Minutes beyond which an offset is none: the farthest place is 14 hours ahead. */
const MAX_OFFSET = 14 * 60;

/** Null for a name that is not known, which counts as -0000 (section 4.3). */
function zoneIn(text: string): number | null {
  const [, sign, hours, minutes] = /(?:^|[\sA-Z])([+-])(\d{1,2}):?(\d\d)?(?!\d)/i.exec(text) ?? [];
  if (hours !== undefined) {
    const offset = Number(hours) * 60 + Number(minutes ?? 0);
    if (offset <= MAX_OFFSET) return sign === "-" ? -offset : offset;
  }
  const names = text.toUpperCase().match(/(?<!\p{L})[A-Z]{1,5}(?!\p{L})/gu) ?? [];
  return names.map((name) => zones[name]).find((offset) => offset !== undefined) ?? null;
}
