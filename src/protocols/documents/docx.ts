/** Text of Word documents (ECMA-376 part 1 section 17). */
import type { Bounds } from "./document.ts";
import { TextWriter } from "./text-writer.ts";
import { readXml } from "./xml.ts";
import { unzip } from "./zip.ts";

/** In this order; what macros, fields and drawings hold is none of it. */
const PARTS = ["word/document.xml", "word/footnotes.xml", "word/endnotes.xml"];

/** What stands for itself in a run. */
const characters: Readonly<Record<string, string>> = {
  "w:tab": "\t",
  "w:br": "\n",
  "w:cr": "\n",
  "w:noBreakHyphen": "-",
};

const ends: Readonly<Record<string, string>> = { "w:p": "\n", "w:tc": "\t", "w:tr": "\n" };

export function textOfDocx(content: Uint8Array, bounds: Bounds): string {
  const parts = unzip(content, (name) => PARTS.includes(name), bounds);
  const writer = new TextWriter(bounds.characters);
  for (const name of PARTS) {
    const part = parts.get(name);
    if (part !== undefined) readPart(part, writer);
  }
  return writer.text();
}

function readPart(part: Uint8Array, writer: TextWriter): void {
  let isText = false;
  let cells = 0;
  readXml(part, {
    open(name) {
      isText = name === "w:t";
      if (name === "w:tc") cells++;
      writer.add(characters[name] ?? "");
    },
    text: (text) => isText && writer.add(text),
    close(name) {
      isText = false;
      if (name === "w:tc") cells--;
      // A cell is a place in its row, whatever paragraphs it has.
      if (name === "w:p" && cells > 0) writer.add(" ");
      else writer.add(ends[name] ?? "");
    },
  });
}
