/** Text of Excel workbooks (ECMA-376 part 1 section 18): sheets in their order, rows as lines, cells behind tabs. */
import type { Bounds } from "./document.ts";
import { TextWriter } from "./text-writer.ts";
import { dateOf, type NumberFormats, readFormats } from "./xlsx-dates.ts";
import { readXml } from "./xml.ts";
import { unzip } from "./zip.ts";

/** Columns of a sheet (Excel's own bound); an address beyond them is nonsense. */
const MAX_COLUMNS = 16_384;

const isWanted = (name: string): boolean =>
  /^xl\/(?:workbook|sharedStrings|styles)\.xml$|^xl\/worksheets\/[^/]+\.xml$|^xl\/_rels\/workbook\.xml\.rels$/.test(
    name,
  );

export function textOfXlsx(content: Uint8Array, bounds: Bounds): string {
  const parts = unzip(content, isWanted, bounds);
  const part = (name: string): Uint8Array => parts.get(name) ?? new Uint8Array();
  const strings = readStrings(part("xl/sharedStrings.xml"));
  const formats = readFormats(part("xl/styles.xml"));
  const writer = new TextWriter(bounds.characters);
  for (const { name, path } of readSheets(part("xl/workbook.xml"), part("xl/_rels/workbook.xml.rels"))) {
    const sheet = parts.get(path);
    if (sheet === undefined) continue;
    writer.add(`${name}\n`);
    readSheet(sheet, strings, formats, writer);
    writer.add("\n");
  }
  return writer.text();
}

function readStrings(part: Uint8Array): readonly string[] {
  const strings: string[] = [];
  let pieces: string[] = [];
  let isText = false;
  let isPhonetic = false;
  readXml(part, {
    open(name) {
      if (name === "si") pieces = [];
      if (name === "rPh") isPhonetic = true;
      isText = name === "t" && !isPhonetic;
    },
    text: (text) => isText && pieces.push(text),
    close(name) {
      isText = false;
      if (name === "rPh") isPhonetic = false;
      if (name === "si") strings.push(pieces.join(""));
    },
  });
  return strings;
}

function readSheets(
  workbook: Uint8Array,
  relations: Uint8Array,
): { readonly name: string; readonly path: string }[] {
  const targets = new Map<string, string>();
  readXml(relations, {
    open(name, { Id: id = "", Target: target = "" }) {
      if (name === "Relationship") targets.set(id, target);
    },
  });
  const sheets: { readonly name: string; readonly path: string }[] = [];
  readXml(workbook, {
    open(tag, attributes) {
      if (tag !== "sheet") return;
      const target = targets.get(attributes["r:id"] ?? "") ?? "";
      const path = target.startsWith("/") ? target.slice(1) : `xl/${target}`;
      sheets.push({ name: attributes["name"] ?? "", path });
    },
  });
  return sheets;
}

/** A cell of the sheet that is being read. */
interface Cell {
  readonly column: number;
  readonly type: string;
  readonly style: number;
}

function readSheet(
  part: Uint8Array,
  strings: readonly string[],
  formats: NumberFormats,
  writer: TextWriter,
): void {
  let cell: Cell | null = null;
  let value = "";
  let isValue = false;
  let column = 0;
  readXml(part, {
    open(name, { r: address = "", t: type = "n", s: style = "0" }) {
      if (name === "row") column = 0;
      if (name === "c") [cell, value] = [{ column: columnOf(address), type, style: Number(style) }, ""];
      // Formulas are left out: their result is beside them.
      isValue = name === "v" || name === "t";
    },
    text(text) {
      if (isValue && cell !== null) value += text;
    },
    close(name) {
      isValue = false;
      if (name === "row") writer.add("\n");
      if (name !== "c" || cell === null || value === "") return;
      writer.add("\t".repeat(Math.max(cell.column - column, 0)));
      column = Math.max(cell.column, column);
      writer.add(shown(cell, value, strings, formats));
    },
  });
}

function shown(
  { type, style }: Cell,
  value: string,
  strings: readonly string[],
  formats: NumberFormats,
): string {
  if (type === "s") return strings[Number(value)] ?? "";
  if (type === "b") return value === "1" ? "TRUE" : "FALSE";
  return (type === "n" ? dateOf(Number(value), style, formats) : null) ?? value;
}

/** Counted from 0: `C7` is 2. */
function columnOf(address: string): number {
  let column = 0;
  for (const letter of /^[A-Z]{1,3}/.exec(address)?.[0] ?? "")
    column = column * 26 + letter.charCodeAt(0) - 64;
  return Math.min(Math.max(column - 1, 0), MAX_COLUMNS);
}
