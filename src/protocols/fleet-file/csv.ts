/** Tenants as a table: a line each, whose columns are named in the first. */
import { CsvError, parse } from "csv-parse/sync";
import type { FleetDefaults } from "./document.ts";
import { MAX_TENANTS } from "./limits.ts";
import { suggestion } from "./nearest.ts";
import { type PlacedProblem, type Reading, UnreadableFile, unreadable } from "./reading.ts";

const columns = ["slug", "name", "display_name", "policy", "rules", "address", "metadata."] as const;

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * An empty cell leaves the default. `rules` are separated by |, `address` is that of the only inbox and `address.support` that of a role,
 * and `metadata.plan` is a key of the metadata.
 * @param text with LF as its line ends
 * @param delimiter null: the first comma, semicolon or tab of the first line
 * @throws UnreadableFile for what is no such table
 */
export function readCsv(text: string, defaults: FleetDefaults, delimiter: string | null): Reading {
  const [head, ...rows] = rowsOf(text, delimiter);
  if (head === undefined)
    throw unreadable("this is empty: the first line names the columns, such as slug,name");
  checkHead(head, defaults);
  for (const { cells, line } of rows)
    if (cells.length !== head.cells.length)
      throw unreadable(
        `this line has ${cells.length} cells, and the first has ${head.cells.length} columns`,
        { line, column: null },
      );
  return {
    value: rows.map(({ cells }) => tenantOf(head.cells, cells, defaults)),
    placeOf: ([index]) => ({ line: rows[Number(index ?? 0)]?.line ?? 1, column: null }),
  };
}

function rowsOf(text: string, delimiter: string | null): Row[] {
  const separator = delimiter ?? /[,;\t]/.exec(text.split("\n", 1)[0] ?? "")?.[0] ?? ",";
  const rows: Row[] = [];
  try {
    parse(text, {
      delimiter: separator,
      record_delimiter: "\n",
      comment: "#",
      comment_no_infix: true,
      trim: true,
      skip_empty_lines: true,
      // Reported with the line, by `readCsv`.
      relax_column_count: true,
      // The head, and one more than are allowed, which tells that there are too many.
      to: MAX_TENANTS + 2,
      on_record(cells: string[], { lines }) {
        rows.push({ cells, line: lines - lineEndsIn(cells) });
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = error["lines"];
    throw unreadable(`no CSV: ${error.message}`, { line: typeof line === "number" ? line : 1, column: null });
  }
  return rows;
}

/** The library names a record's last line. */
const lineEndsIn = (cells: readonly string[]): number => cells.join("").split("\n").length - 1;

function checkHead({ cells, line }: Row, defaults: FleetDefaults): void {
  const roles = (defaults.inboxes ?? []).map(({ role }) => role);
  const found: PlacedProblem[] = [];
  const add = (says: string): void => void found.push({ line, column: null, says });
  for (const [index, name] of cells.entries()) {
    if (cells.indexOf(name) !== index) add(`the column ${name} is there twice`);
    const role = /^address\.(.+)$/.exec(name)?.[1];
    if (role !== undefined && !roles.includes(role))
      add(`the column ${name} is of no inbox: defaults.inboxes has ${roles.join(", ") || "none"}`);
    if (name === "address" && roles.length !== 1)
      add(
        `the column address needs one inbox in defaults.inboxes, which has ${roles.length}: name its role, as in address.${roles[0] ?? "support"}`,
      );
    const isKnown =
      role !== undefined ||
      /^metadata\../.test(name) ||
      (columns.some((one) => one === name) && name !== "metadata.");
    if (!isKnown) add(`the column ${JSON.stringify(name)} is unknown${suggestion(name, columns)}`);
  }
  if (!cells.includes("slug")) add("there is no column slug: the first line names the columns");
  if (found.length > 0) throw new UnreadableFile(found);
}

function tenantOf(head: readonly string[], cells: readonly string[], defaults: FleetDefaults): object {
  const tenant: Record<string, unknown> = {};
  const metadata: Record<string, string> = {};
  const addresses = new Map<string, string>();
  for (const [index, name] of head.entries()) {
    const cell = cells[index] ?? "";
    if (cell === "") continue;
    const [, field = name, part = ""] = /^(address|metadata)\.(.+)$/.exec(name) ?? [];
    if (field === "metadata") metadata[part] = cell;
    else if (field === "address") addresses.set(part, cell);
    else if (field === "rules") tenant["rules"] = cell.split("|").map((rule) => rule.trim());
    else tenant[field] = cell;
  }
  return {
    // A slug that is not there is reported as one that is empty.
    slug: "",
    ...tenant,
    ...(Object.keys(metadata).length > 0 && { metadata: { ...defaults.metadata, ...metadata } }),
    ...(addresses.size > 0 && {
      inboxes: (defaults.inboxes ?? []).map((inbox) => ({
        ...inbox,
        address: addresses.get(inbox.role) ?? addresses.get("") ?? inbox.address,
      })),
    }),
  };
}
