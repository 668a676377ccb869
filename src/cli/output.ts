/** What a command prints: JSON for programs, ids alone for scripts, lines and tables for people. */
import { styleText } from "node:util";
import { type Command, Option } from "commander";
import { columnsOf, fold } from "./fold.ts";
import type { CommandParts } from "./parts.ts";
import { drawTable, piecesOf, widthOf } from "./table.ts";

export interface OutputOptions {
  readonly json?: boolean;
  readonly format?: "text" | "json";
  readonly quiet?: boolean;
}

/** A result in its three forms. */
export interface Result {
  readonly json: unknown;
  /** Printed one a line with --quiet. */
  readonly ids: readonly string[];
  /** Called only when it is printed. */
  readonly text: () => string | Promise<string>;
}

export const withOutput = (command: Command): Command =>
  command
    .option("--json", "print as JSON")
    .addOption(new Option("--format <format>", "text, or json as --json").choices(["text", "json"]))
    .option("-q, --quiet", "print ids alone, one a line");

export const wantsJson = ({ json, format }: OutputOptions): boolean => json === true || format === "json";

export async function present(parts: CommandParts, options: OutputOptions, result: Result): Promise<void> {
  if (wantsJson(options)) parts.print(JSON.stringify(result.json, null, 2));
  else if (options.quiet === true) for (const id of result.ids) parts.print(id);
  else parts.print(await result.text());
}

/** That something was done. */
export const doneLine = (sentence: string): string =>
  `${colour("green", "✓")} ${fold(sentence, process.stdout, 2)}`;

export type Colour = "green" | "red" | "yellow" | "dim" | "bold";

/** On a terminal only, and not with NO_COLOR. */
export const colour = (name: Colour, text: string): string =>
  styleText(name, text, { stream: process.stdout });

/** Labels and values, the values below each other; undefined values are left out. One that begins with a line break stands below its label. */
export function detailsOf(rows: readonly (readonly [label: string, value: string | undefined])[]): string {
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== undefined);
  const width = Math.max(...shown.map(([label]) => label.length)) + 2;
  const room = process.stdout.isTTY ? columnsOf(process.stdout) - width : Number.POSITIVE_INFINITY;
  return shown
    .map(([label, value]) => {
      if (value.startsWith("\n")) return `${label}:${fold(value, process.stdout)}`;
      // A word that is too long beside its label, such as an address, is put below it, where it can be copied in one piece.
      return value.split(/\s/).some((word) => word.length > room)
        ? `${label}:\n  ${value}`
        : `${label}:`.padEnd(width) + fold(value, process.stdout, width);
    })
    .join("\n");
}

/** Columns of an 80 column terminal that are left to cells when there are `columns` of them: each has two spaces and a border. */
export const cellColumns = (columns: number): number => 80 - (3 * columns + 1);

/** Text of a cell, whose lines may have a colour. */
export type Cell = string | { readonly text: string; readonly colour: Colour };

/** @param columns a title each, and the width of what it holds; together at most `cellColumns` */
export function tableOf(
  columns: readonly (readonly [title: string, width: number])[],
  rows: readonly (readonly Cell[])[],
): string {
  const shown = rows.map((row) => row.map((cell, index) => shownCell(cell, columns[index]?.[1] ?? 1)));
  return drawTable(
    columns.map(([title]) => title),
    columns.map(([, width]) => width),
    shown,
    // A line between rows tells those apart that have several of their own.
    shown.some((row) => row.some((lines) => lines.length > 1)),
  );
}

/** A small table, as wide as what it holds. @param numbers how many of the last columns hold numbers, which stand at the right */
export function fittedTableOf(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  numbers = 0,
): string {
  const widths = titles.map((title, column) =>
    Math.max(...[title, ...rows.flatMap((row) => (row[column] ?? "").split("\n"))].map(widthOf)),
  );
  const placed = (text: string, column: number): string =>
    column < titles.length - numbers ? text : text.padStart(widths[column] ?? 0);
  return tableOf(
    titles.map((title, column) => [placed(title, column), widths[column] ?? 0]),
    rows.map((row) => row.map(placed)),
  );
}

/** Its lines. */
function shownCell(cell: Cell, width: number): string[] {
  const { text, colour: name } = typeof cell === "string" ? { text: cell, colour: null } : cell;
  const lines = text.split("\n").flatMap((line) => piecesOf(line, width));
  return name === null ? lines : lines.map((line) => colour(name, line));
}

/** Seconds since 1970 as in RFC 3339, in UTC. */
export const rfc3339 = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");

export const minuteOf = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;

export const dayOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

/** "1 item", "2 items". */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/** Left out of JSON when it is null, absent or empty. */
export const unlessEmpty = <Key extends string>(key: Key, value: unknown): Partial<Record<Key, unknown>> =>
  // Cast: a computed key widens to any string.
  value === null || value === undefined || value === "" ? {} : ({ [key]: value } as Record<Key, unknown>);
