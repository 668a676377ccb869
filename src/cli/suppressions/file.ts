/** Files of addresses to suppress: lines, or the CSV that other services export. */
import { isPattern, parseAddress } from "../../protocols/address/index.ts";
import { UsageError } from "../parts.ts";

export interface Line {
  readonly address: string;
  readonly reason?: string;
}

/** Characters of a reason that the server takes. */
const MAX_REASON = 256;
/** What services call the column of addresses; not all have it first. */
const ADDRESS_COLUMN = /^(?:e-?mail|(?:e-?mail[ _-]?)?address|(?:bounced?[ _-])?recipient)$/i;
/** A cell of CSV (RFC 4180) behind its separator, in quotes or without. */
const CELL = /[,;\t] *(?:"((?:[^"]|"")*)" *(?=[,;\t]|$)|([^,;\t]*))/g;

const cellsOf = (line: string): string[] =>
  [...`,${line}`.matchAll(CELL)].map(
    ([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain.trim(),
  );

/**
 * The column that a first line without an address names, else the first; the other cells are the reason.
 * @throws UsageError for a line that has no address
 */
export function readSuppressions(text: string): Line[] {
  const lines: Line[] = [];
  let column = 0;
  for (const [index, written] of text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    const line = written.trim();
    if (line === "" || line.startsWith("#")) continue;
    const cells = cellsOf(line);
    const address = cells[column] ?? "";
    if (isAddress(address)) {
      const others = cells.toSpliced(column, 1).join(" ");
      // The server takes no control characters.
      const reason = others
        .replaceAll(/[\p{Cc}\s]+/gu, " ")
        .trim()
        .slice(0, MAX_REASON)
        .toWellFormed();
      lines.push({ address, ...(reason !== "" && { reason }) });
      continue;
    }
    // A header.
    if (lines.length === 0 && !line.includes("@"))
      column = Math.max(
        0,
        cells.findIndex((cell) => ADDRESS_COLUMN.test(cell)),
      );
    else
      throw new UsageError(
        `Line ${index + 1} has no email address where it should be: ${line.slice(0, 60)}. Nothing was imported.`,
      );
  }
  return lines;
}

/** As the server has it: without a display name. What is wrong is told by its line here, before anything is sent: the server knows rows of a batch. */
const isAddress = (cell: string): boolean =>
  !/[<>]/.test(cell) && !isPattern(cell) && parseAddress(cell)?.name === null;
