/** Numbers of a workbook that are dates: only the format of a cell tells (ECMA-376 part 1 section 18.8.30). */
import { readXml } from "./xml.ts";

/** Of each cell format, whether it shows a date. */
export type NumberFormats = readonly boolean[];

/** Formats that every workbook has, of dates and times. */
const isBuiltIn = (id: number): boolean => (id >= 14 && id <= 22) || (id >= 45 && id <= 47);

/** Years, days or hours, outside of quoted text and of colours and conditions in brackets. */
const isDateFormat = (code: string): boolean => /[ydh]/i.test(code.replaceAll(/"[^"]*"|\[[^\]]*\]|\\./g, ""));

export function readFormats(styles: Uint8Array): NumberFormats {
  const dates = new Set<string>();
  const formats: boolean[] = [];
  let isCellFormats = false;
  readXml(styles, {
    open(name, { numFmtId: id = "", formatCode: code = "" }) {
      if (name === "numFmt" && isDateFormat(code)) dates.add(id);
      if (name === "cellXfs") isCellFormats = true;
      if (name === "xf" && isCellFormats) formats.push(dates.has(id) || isBuiltIn(Number(id)));
    },
    close(name) {
      if (name === "cellXfs") isCellFormats = false;
    },
  });
  return formats;
}

/** Days from 1899-12-30, where Excel counts from, to 1970-01-01. */
const EPOCH_DAYS = 25_569;
const DAY_MS = 86_400_000;
/** 9999-12-31. */
const MAX_DAYS = 2_958_465;

/** @returns ISO 8601 without an offset, as a workbook knows none; null for a number that is no date */
export function dateOf(value: number, style: number, formats: NumberFormats): string | null {
  if (formats[style] !== true || !(value >= 0 && value <= MAX_DAYS)) return null;
  const text = new Date(Math.round((value - EPOCH_DAYS) * DAY_MS)).toISOString().slice(0, 19);
  if (value < 1) return text.slice(11);
  return text.endsWith("T00:00:00") ? text.slice(0, 10) : text.replace("T", " ");
}
