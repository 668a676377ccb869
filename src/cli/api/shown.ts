/** Answers of the API as text. What mail brought is in them: no control character of it reaches a terminal. */
import { isUuid } from "../../lib/uuid.ts";
import { cellColumns, counted, detailsOf, tableOf } from "../output.ts";
import { widthOf } from "../table.ts";
import type { ApiAnswer } from "./document.ts";

/**
 * JSON that no terminal obeys: JSON.stringify escapes the controls below U+0020, and not those from U+007F to U+009F, of which U+009B
 * begins an escape sequence (ECMA-48 section 5.4).
 */
const safe = (json: string): string =>
  json.replaceAll(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

export const jsonText = (value: unknown): string => safe(JSON.stringify(value, null, 2));

/** On one line. */
export const lineText = (value: unknown): string => safe(JSON.stringify(value));

/** A text for people: control characters, and those that turn the direction of writing, show as a box. */
const plainText = (text: string): string =>
  text.replaceAll("\r\n", "\n").replaceAll(/[^\P{C}\n]|[\u2028\u2029]/gu, "\ufffd");

/** A value in a cell or behind its label. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return plainText(isMoment(value) ? minuteText(value) : value);
  if (Array.isArray(value) && value.every((item) => typeof item === "string"))
    return plainText(value.join(", "));
  if (Array.isArray(value) && value.length > 0 && value.every(isSeriesPoint))
    return value.map((point) => Object.values(point).map(shown).join("  ")).join("\n");
  return typeof value === "object" ? lineText(value) : String(value);
}

/** A moment and what was then, as metrics have many of. */
const isSeriesPoint = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value)[0] === "timestamp" &&
  Object.values(value).every((member) => typeof member !== "object" || member === null);

const isMoment = (text: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text);
const MINUTE_COLUMNS = 16;
const DATE_COLUMNS = 10;
const minuteText = (text: string): string => text.slice(0, MINUTE_COLUMNS).replace("T", " ");
const isMinute = (text: string): boolean => /^\d{4}-\d\d-\d\d \d\d:\d\d$/.test(text);

/** Fields and values, the values below each other; things inside it below their label, those of a list apart. */
export function detailText(answer: Readonly<Record<string, unknown>>): string {
  const rows = Object.entries(answer).map(([name, value]): [string, string | undefined] => [
    labelOf(name),
    (below(value, 1) ?? shown(value)) || undefined,
  ]);
  return rows.length === 0 ? "Done." : detailsOf(rows);
}

/** A thread's messages have files, which have fields. What is deeper is a line of JSON. */
const MAX_DEPTH = 3;

/** @returns lines that begin with a line break; null: it has nothing inside that takes lines of its own */
function below(value: unknown, depth: number): string | null {
  const things = depth > MAX_DEPTH ? [] : thingsIn(value);
  if (things.length === 0) return null;
  // Names of a map, such as header fields, are the caller's words.
  const nameOf = Array.isArray(value) ? labelOf : plainText;
  const lead = "  ".repeat(depth);
  const lineOf = ([name, member]: [string, unknown]): string => {
    const inner = below(member, depth + 1);
    const text = inner ?? shown(member);
    if (text === "") return "";
    const broken = inner === null && text.includes("\n") ? `\n${text}`.replaceAll("\n", `\n${lead}  `) : null;
    return `\n${lead}${nameOf(name)}:${inner ?? broken ?? ` ${text}`}`;
  };
  return things.map((thing) => Object.entries(thing).map(lineOf).join("")).join("\n");
}

function thingsIn(value: unknown): Readonly<Record<string, unknown>>[] {
  const things = Array.isArray(value) ? value : [value];
  return things.every(isThing) && !things.every(isSeriesPoint) ? things : [];
}

const isThing = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;

/** `created_at` -> Created at; the type of an event stays. */
const labelOf = (name: string): string => {
  if (name.includes(".")) return plainText(name);
  const words = plainText(name).replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
};

/** What people look for in a list, by importance. Ids of what everything in a list belongs to are the same in each row. */
const wanted: readonly string[] = [
  ...["name", "display_name", "subject", "from", "senders", "domain", "url", "address", "state", "status"],
  ...["labels", "type", "event_type", "attempt", "outcome", "response_status_code", "reason", "recipient"],
  ...["timestamp", "created_at"],
];
/** Columns of a table: more are too narrow in 80 columns. */
const MAX_COLUMNS = 4;

/** @param fields of an item, and which of them is its id @param envelope says whether there is a next page */
export function tableText(
  items: readonly Readonly<Record<string, unknown>>[],
  { fields, id }: ApiAnswer,
  envelope: Readonly<Record<string, unknown>>,
): string {
  if (items.length === 0) return "None.";
  const names = columnsOf(items, fields, id);
  const rows = items.map((item) => names.map((name) => shown(item[name])));
  const titles = names.map(labelOf);
  const widths = widthsOf([titles, ...rows], id !== null && rows.every(([cell = ""]) => isUuid(cell)));
  const table = tableOf(
    titles.map((title, index) => [title, widths[index] ?? 1]),
    rows.map((row) =>
      row.map((cell, column) =>
        isMinute(cell) && (widths[column] ?? 0) < MINUTE_COLUMNS ? cell.replace(" ", "\n") : cell,
      ),
    ),
  );
  const { next_page_token: next } = envelope;
  return typeof next === "string"
    ? `${table}\n${counted(items.length, "item")}, and there are more: --page-all, or\n--page-token ${plainText(next)}`
    : table;
}

/** The id, then what is wanted and there: a field that no item has is no column. */
function columnsOf(
  items: readonly Readonly<Record<string, unknown>>[],
  fields: readonly string[],
  id: string | null,
): string[] {
  const isThere = (name: string): boolean => items.some((item) => shown(item[name]) !== "");
  const rest = wanted.filter((name) => name !== id && fields.includes(name) && isThere(name));
  // The last one is a time, which a list is in the order of.
  const time = rest.filter((name) => /timestamp|_at$/.test(name)).slice(0, 1);
  const others = rest.filter((name) => !/timestamp|_at$/.test(name));
  const ids = id === null ? [] : [id];
  const found = [...ids, ...others.slice(0, MAX_COLUMNS - ids.length - time.length), ...time];
  return found.length > 0 ? found : fields.filter(isThere).slice(0, MAX_COLUMNS);
}

/** A column of ids in one piece leaves others that much at least: most words. */
const LEAST_COLUMNS = 10;

/** Of each column what it needs, the widest made narrower until all fit on a terminal: ids, which are copied, after the others. */
function widthsOf(rows: readonly (readonly string[])[], keepsFirst: boolean): number[] {
  const [first = []] = rows;
  const widths = first.map((_title, column) =>
    Math.max(...rows.map((row) => Math.max(...(row[column] ?? "").split("\n").map(widthOf)), 1)),
  );
  const room = cellColumns(widths.length);
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over--) {
    const others = Math.max(...widths.slice(1));
    const widest =
      keepsFirst && others > LEAST_COLUMNS ? widths.lastIndexOf(others) : widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  const last = widths.length - 1;
  const isCut =
    (widths[last] ?? 0) < MINUTE_COLUMNS && rows.slice(1).some((row) => isMinute(row[last] ?? ""));
  // A time that does not fit stands below its date.
  return isCut ? widths.with(last, Math.min(widths[last] ?? 1, DATE_COLUMNS)) : widths;
}
