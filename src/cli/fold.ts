/** Text for people, folded between words: what a terminal breaks by itself it breaks within them. */
import { Help } from "commander";

/** Columns that prose is folded to on a wider terminal: longer lines are hard to read. */
const MOST_COLUMNS = 100;
/** Of a terminal that does not report its width. */
const USUAL_COLUMNS = 80;

/** Columns to write prose in. */
export const columnsOf = (stream: NodeJS.WriteStream): number =>
  Math.min((stream.isTTY ? stream.columns : 0) || USUAL_COLUMNS, MOST_COLUMNS);

/**
 * @param stream where it will be written: only a terminal is folded for, so that other programs find whole lines
 * @param indent columns that each line but the first begins with, and that are taken on the first
 */
export function fold(text: string, stream: NodeJS.WriteStream, indent = 0): string {
  const below = `\n${" ".repeat(indent)}`;
  if (!stream.isTTY) return text.replaceAll("\n", below);
  const columns = columnsOf(stream) - indent;
  const folded = text.split("\n").map((line) => {
    // What goes on below an indented line is indented as far.
    const lead = /^ */.exec(line)?.[0] ?? "";
    return lead + new Help().boxWrap(line.trimStart(), columns - lead.length).replaceAll("\n", `\n${lead}`);
  });
  return folded.join("\n").replaceAll("\n", below);
}
