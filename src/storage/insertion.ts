/** Inserting any number of rows with one statement. */
import { type RawBuilder, sql } from "kysely";
import type { Tables } from "./tables.ts";

/** Default ending of an insertion: without one Citus runs it as a COPY, which PostgreSQL refuses under row-level security. */
const returning = sql`returning 1`;

/**
 * `insert into table (columns) select ...` of at least one row, all of one shape: one prepared statement for any number of few rows, and one for
 * any number of many, which are sent without what they have in common. It names its columns, so that a newer version may add one.
 * @param ending what follows, `on conflict` or `returning`; Row is what it returns
 */
export function insertion<Row = unknown>(
  table: keyof Tables,
  rows: readonly Readonly<Record<string, unknown>>[],
  ending: RawBuilder<unknown> = returning,
): RawBuilder<Row> {
  const names = Object.keys(rows[0] ?? {});
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
