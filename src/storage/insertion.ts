/** Inserting any number of rows with one statement. */
import { type RawBuilder, sql } from "kysely";
import type { Tables } from "./tables.ts";

/** Default ending of an insertion: without one Citus runs it as a COPY, which PostgreSQL refuses under row-level security. */
const returning = sql`returning 1`;

/**
 * `insert into table (columns) select ...` of at least one row, all of one shape: one prepared statement for any number of few rows, and one for
 * any number of many, which are sent without what they have in common. It names its columns, so that a newer version may add one.
 * @param ending what follows, `on conflict` or `returning`; Row is what it returns
 * @param texts columns of text whose value may be megabytes
 */
export function insertion<Row = unknown>(
  table: keyof Tables,
  rows: readonly Readonly<Record<string, unknown>>[],
  ending: RawBuilder<unknown> = returning,
  texts: readonly string[] = [],
): RawBuilder<Row> {
  const [row = {}] = rows;
  const names = Object.keys(row);
  const long = rows.length === 1 ? texts.filter((name) => isLong(row[name])) : [];
  if (long.length > 0) return withLongTexts<Row>(table, row, long, ending);
  const head = headOf(table, names);
  if (rows.length < MANY_ROWS)
    return sql<Row>`${sql.raw(`${head}null::"${table}", `)}${JSON.stringify(rows)}) ${ending}`;
  const { common, own } = withoutCommon(rows, names);
  const base = sql`${sql.raw(`json_populate_record(null::"${table}", `)}${JSON.stringify(common)})`;
  return sql<Row>`${sql.raw(head)}${base}, ${JSON.stringify(own)}) ${ending}`;
}

/**
 * An insertion up to its parameters. As text: building it of its names, for the sake of quoting them, takes as long as all the rest
 * that is done here for a statement. They are ours.
 */
function headOf(table: keyof Tables, names: readonly string[]): string {
  const columns = names.map((name) => `"${name}"`).join(", ");
  return `insert into "${table}" (${columns}) select ${columns} from json_populate_recordset(`;
}

/** Characters from which on a text of a single row is a parameter of its own: as JSON one of 11 MB takes the event loop some 70 ms, and PostgreSQL more. */
const LONG_TEXT = 256 * 1024;

const isLong = (value: unknown): boolean => typeof value === "string" && value.length > LONG_TEXT;

/** One row, whose long texts are not written as JSON. */
function withLongTexts<Row>(
  table: keyof Tables,
  row: JsonRow,
  long: readonly string[],
  ending: RawBuilder<unknown>,
): RawBuilder<Row> {
  const names = Object.keys(row);
  const short = Object.fromEntries(names.map((name) => [name, long.includes(name) ? null : row[name]]));
  const values = names.map((name) => (long.includes(name) ? sql`${row[name]}::text` : sql.ref(name)));
  return sql<Row>`insert into ${sql.table(table)} (${sql.join(names.map((name) => sql.ref(name)))})
    select ${sql.join(values)} from json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify([short])}) ${ending}`;
}

/** Rows from which on it pays to look for what they have in common. Of 1,250 rows of the audit writing them took half the time, and their insert nine tenths. */
const MANY_ROWS = 16;

type JsonRow = Readonly<Record<string, unknown>>;

/** Takes out what is the same value, or the same object, in each. */
function withoutCommon(
  rows: readonly JsonRow[],
  names: readonly string[],
): { readonly common: JsonRow; readonly own: readonly JsonRow[] } {
  const [first = {}] = rows;
  const isCommon = (name: string): boolean => rows.every((row) => row[name] === first[name]);
  const different = names.filter((name) => !isCommon(name));
  const pick = (row: JsonRow, picked: readonly string[]): JsonRow => {
    const part: Record<string, unknown> = {};
    for (const name of picked) part[name] = row[name];
    return part;
  };
  return {
    common: pick(
      first,
      names.filter((name) => !different.includes(name)),
    ),
    own: rows.map((row) => pick(row, different)),
  };
}

/** Bytes as `insertion` takes them: PostgreSQL's hex form of bytea. */
export const byteaOf = (bytes: Uint8Array): string => `\\x${Buffer.from(bytes).toString("hex")}`;
