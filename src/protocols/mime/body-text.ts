/** The text of a mail, joined from its body parts as a mail client shows it. */
import { isUtf8 } from "node:buffer";
import { type CharsetGuess, decodeText, isCharset } from "../charset/index.ts";
import { charsetOfHtml } from "./html-charset.ts";
import { htmlOfText } from "./html-text.ts";
import { contentOf } from "./part-content.ts";
import type { Part } from "./parts.ts";

interface BodyText {
  readonly group: number;
  readonly isHtml: boolean;
  readonly content: string;
}

/**
 * Both texts of what `textsAndFiles` found, line ends as `\n`, without NUL; empty when there is none. Text comes from text/plain parts only; HTML, when
 * there is some, also shows the text/plain parts that have no HTML version, such as a mailing list's footer.
 */
export function bodyTexts(
  found: readonly Part[],
  guess: CharsetGuess,
): { readonly text: string; readonly html: string } {
  const texts = found.map((part) => readText(part, guess));
  const inHtml = new Set(texts.filter(({ isHtml }) => isHtml).map(({ group }) => group));
  const plain = texts.filter(({ isHtml }) => !isHtml);
  return {
    text: plain.map(({ content }) => content).join("\n"),
    html:
      inHtml.size === 0
        ? ""
        : texts
            .filter(({ isHtml, group }) => isHtml || !inHtml.has(group))
            .map(({ isHtml, content }) => (isHtml ? content : htmlOfText(content)))
            .join("\n"),
  };
}

function readText(part: Part, guess: CharsetGuess): BodyText {
  const { type, group } = part;
  const isHtml = type.value === "text/html";
  const bytes = contentOf(part);
  const named = type.parameters.get("charset") ?? "";
  // What the mail says wins over what the document says (HTML standard, "encoding sniffing"), when it says anything.
  const isSaid = !isHtml || isUtf8(bytes) || isCharset(named);
  const decoded = decodeText(bytes, isSaid ? named : (charsetOfHtml(bytes) ?? named), guess);
  const readable = inPieces(decoded, (piece) => piece.replaceAll("\0", "")).toWellFormed();
  const lines = inPieces(readable, (piece) => piece.replaceAll("\r\n", "\n").replaceAll("\r", "\n"));
  const isFlowed = !isHtml && type.parameters.get("format")?.toLowerCase() === "flowed";
  const content = isFlowed ? unflow(lines, type.parameters.get("delsp")?.toLowerCase() === "yes") : lines;
  return { group, isHtml, content };
}

/**
 * Characters in which something is replaced at a time. V8 lists all that it finds in one array, 300 MB for the line ends of a mail of 25 MB: where a
 * thread's heap has no room for so much at once, Node ends the process and not the thread.
 */
const PIECE_CHARACTERS = 1 << 19;

/** @param replace of pieces, none of which ends between CR and LF */
function inPieces(text: string, replace: (piece: string) => string): string {
  const pieces: string[] = [];
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = start + PIECE_CHARACTERS;
    if (text[end - 1] === "\r") end++;
    pieces.push(replace(text.slice(start, end)));
  }
  return pieces.join("");
}

/** RFC 3676 section 4: lines that end in a space go on in the next; quoted ones are left alone, so that quotes stay quotes. */
function unflow(text: string, deleteSpace: boolean): string {
  const pieces: string[] = [];
  let flowing = false;
  const unflowed = (lines: string, isFirst: boolean): string =>
    lines
      .split("\n")
      .map((line, index) => {
        const quoted = line.startsWith(">");
        const content = line.startsWith(" ") ? line.slice(1) : line;
        const end = (isFirst && index === 0) || (flowing && !quoted) ? "" : "\n";
        flowing = content.endsWith(" ") && content !== "-- " && !quoted;
        return end + (flowing && deleteSpace ? content.slice(0, -1) : content);
      })
      .join("");
  // A mail of line ends alone is millions of lines: an array of all would be larger than a thread's heap.
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf("\n", start + PIECE_CHARACTERS);
    const lines = text.slice(start, end === -1 ? undefined : end);
    pieces.push(unflowed(lines, start === 0));
    start = end === -1 ? text.length + 1 : end + 1;
  }
  return pieces.join("");
}
