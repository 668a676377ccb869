/** Header fields (RFC 5322 section 2.2, RFC 6532), parsed as leniently as mail clients do. */
import { isUtf8 } from "node:buffer";
import { type CharsetGuess, decodeText } from "../charset/index.ts";

export interface HeaderField {
  /** Lower-case. */
  readonly key: string;
  /** As written. */
  readonly name: string;
  /** Unfolded, in one line, without NUL; encoded words are not decoded. */
  readonly value: string;
}

/** Bytes parsed of one header; a long chain of relays makes 100 KB. The rest up to the empty line is skipped. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** Fields parsed of one header, for the same reason. */
const MAX_FIELDS = 5000;

const ESC = 0x1b;

/** Not the colon of a URL, with which a text may begin. */
const fieldStart = /^([!-9;-~]{1,998})[ \t]*:(?!\/\/)/;
/** The "From " line of the mbox format (RFC 4155). */
const mailboxLine = /^>?From /;
/** A parameter that was folded without the blank before it. */
const parameterLine = /^[\w*-]{1,60}=/;

/** True when the line cannot open a header: the mail or part has none, and begins with its body. */
export function isHeadless(line: string): boolean {
  return !fieldStart.test(line) && !mailboxLine.test(line);
}

/** True for a line that belongs to the field of the line before it. */
export function isContinuation(line: string, before: string): boolean {
  if (line.startsWith(" ") || line.startsWith("\t")) return true;
  return before.endsWith(";") && parameterLine.test(line);
}

/**
 * The fields of a header, in order. Lines that are neither a field nor a continuation are skipped, with their
 * continuations: ending the header there would turn the From, Subject and Content-Type fields after them into text.
 */
export function readFields(header: Buffer, guess?: CharsetGuess): HeaderField[] {
  const bytes = header.subarray(0, MAX_HEADER_BYTES);
  const fields: HeaderField[] = [];
  let lines: string[] = [];
  const close = (): void => {
    const [first = ""] = lines;
    const name = fieldStart.exec(first)?.[1];
    if (name !== undefined) {
      const value = oneLine(lines.join("").slice(first.indexOf(":") + 1));
      fields.push({ key: name.toLowerCase(), name, value });
    }
    lines = [];
  };
  for (const line of linesOf(bytes, guess)) {
    const before = lines.at(-1);
    if (before !== undefined && isContinuation(line, before)) lines.push(line);
    else {
      close();
      if (fields.length === MAX_FIELDS) return fields;
      lines.push(line);
    }
  }
  close();
  return fields;
}

/** The value of the first field of that name (lower-case), which is the one the sender's own server wrote; empty without. */
export function fieldValue(fields: readonly HeaderField[], key: string): string {
  return fields.find((field) => field.key === key)?.value ?? "";
}

/** Where the first empty line ends the header, at the line end before it; null without one. */
export function firstEmptyLine(mail: Buffer): number | null {
  const ends = [mail.indexOf("\n\r\n"), mail.indexOf("\n\n")].filter((at) => at !== -1);
  return ends.length === 0 ? null : Math.min(...ends);
}

/** Raw bytes beyond ASCII are UTF-8 or the sender's local charset, and may differ between lines. */
function linesOf(bytes: Buffer, guess: CharsetGuess | undefined): string[] {
  const lines =
    isUtf8(bytes) && !bytes.includes(ESC)
      ? bytes.toString("utf8").split("\n")
      : bytes
          .toString("latin1")
          .split("\n")
          .map((line) => decodeText(Buffer.from(withoutRawWords(line), "latin1"), "", guess));
  return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}

/** Raw bytes inside an encoded word are in its charset, not in the line's: escaped, they are read with the others. */
function withoutRawWords(line: string): string {
  return line.replaceAll(/=\?[!->@-~]{1,75}\?q\?[^?]{0,1000}\?=/gi, (word) =>
    word.replaceAll(/[\u0080-\u00ff]/g, (byte) => `=${byte.charCodeAt(0).toString(16)}`),
  );
}

/**
 * Text for one line: line ends and other control characters become spaces (header injection), and what PostgreSQL cannot
 * store (NUL, lone surrogates) is removed.
 */
export function oneLine(text: string): string {
  return (
    text
      .replaceAll("\0", "")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
      .replaceAll(/[\u0001-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
      .toWellFormed()
      .trim()
  );
}
