/**
 * Tables on a terminal. cli-table3, which drew them, takes a time that grows with the square of the rows, and cuts off what is wider than its
 * characters are many, as Japanese is: a subject lost its end.
 */
import stringWidth from "string-width";

/** Columns that a text takes on a terminal. */
export const widthOf = (text: string): number => (isAscii(text) ? text.length : stringWidth(text));

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** What a reader sees as one character, such as a letter with its accent, is in one piece. */
const segmenter = new Intl.Segmenter();

/** Breaks a line into pieces of `width` columns at most: anywhere, as addresses and ids have no word that a line could end with. */
export function piecesOf(line: string, width: number): string[] {
  if (isAscii(line)) {
    const count = Math.max(1, Math.ceil(line.length / width));
    return Array.from({ length: count }, (_, index) => line.slice(index * width, (index + 1) * width));
  }
  const pieces = [""];
  let room = width;
  for (const { segment } of segmenter.segment(line)) {
    const taken = widthOf(segment);
    if (taken > room && room < width) {
      pieces.push("");
      room = width;
    }
    pieces.push(`${pieces.pop()}${segment}`);
    room -= taken;
  }
  return pieces;
}

/** @param rows of cells, each the lines in it, which fit into their column @param apart with a line between rows */
export function drawTable(
  titles: readonly string[],
  widths: readonly number[],
  rows: readonly (readonly (readonly string[])[])[],
  apart: boolean,
): string {
  const border = (left: string, middle: string, right: string): string =>
    `${left}${widths.map((width) => "─".repeat(width + 2)).join(middle)}${right}`;
  const lineOf = (cells: readonly string[]): string =>
    `│${cells.map((cell, column) => ` ${cell}${" ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)))} `).join("│")}│`;
  const linesOf = (row: readonly (readonly string[])[]): string[] => {
    const height = Math.max(1, ...row.map((cell) => cell.length));
    return Array.from({ length: height }, (_, line) => lineOf(row.map((cell) => cell[line] ?? "")));
  };
  const between = border("├", "┼", "┤");
  const drawn = [border("┌", "┬", "┐"), ...linesOf(titles.map((title) => [title]))];
  rows.forEach((row, index) => {
    if (index === 0 || apart) drawn.push(between);
    drawn.push(...linesOf(row));
  });
  drawn.push(border("└", "┴", "┘"));
  return drawn.join("\n");
}
