/** Values with parameters: Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183, RFC 2231). */
import { type CharsetGuess, decodeText } from "../charset/index.ts";
import { decodeWords } from "./encoded-word.ts";

export interface StructuredField {
  /** Lower-case, without comments; empty without a value. */
  readonly value: string;
  /** By lower-case name; of repeated ones the first, as other parsers take it. Decoded. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Characters parsed of one such field: enough for a long file name in any script. */
const MAX_LENGTH = 32_768;
/** Parameters, and sections of parameters (RFC 2231), parsed of one field. */
const MAX_PARAMETERS = 200;

/** type/subtype, with the characters and lengths that may be registered (RFC 6838 section 4.2). */
export const isMediaType = (value: string): boolean =>
  /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/.test(value);

const separators = /[;,\s]*/y;
const parameterName = /([^=;,\s"]+)[ \t]*=[ \t]*/y;
const quotedString = /"((?:[^"\\]|\\.)*)"?/sy;

/** Parameters that begin also where the semicolon before them is missing. Of others that may be a file name with `=` in it. */
const known = String.raw`(?:name|filename|charset|boundary|format|delsp|method|size|type|start|protocol|micalg|report-type|x-[\w-]{1,40})(?:\*\d{0,3}\*?)?[ \t]*=`;
const knownParameter = new RegExp(String.raw`[\s,"]${known}`, "i");
const valueThenParameter = new RegExp(String.raw`^[^\s,;:=]+[\s,:]+(?=${known})`, "i");

/**
 * Never throws; malformed parameters are skipped.
 * @param guess of the charset of words and parameters that name none that is one
 */
export function readStructured(text: string, guess?: CharsetGuess): StructuredField {
  const field = text.slice(0, MAX_LENGTH);
  const semicolon = field.indexOf(";");
  const shortOf = valueThenParameter.exec(field)?.[0].length;
  const start = shortOf ?? (semicolon === -1 ? field.length : semicolon);
  const value = withoutComment(field.slice(0, start)).replace(/[,:]$/, "").toLowerCase();
  const written = new Map<string, string>();
  let at = start;
  while (at < field.length && written.size < MAX_PARAMETERS) {
    const { name, text: content, end } = readParameter(field, at);
    if (name !== null && !written.has(name)) written.set(name, content);
    at = end;
  }
  return { value, parameters: joinPieces(written, guess) };
}

interface Parameter {
  /** Lower-case; null when none begins there. */
  readonly name: string | null;
  readonly text: string;
  /** Where the next begins, in front of what separates it. */
  readonly end: number;
}

function readParameter(field: string, start: number): Parameter {
  separators.lastIndex = start;
  const at = start + (separators.exec(field)?.[0].length ?? 0);
  parameterName.lastIndex = at;
  const match = parameterName.exec(field);
  if (match === null) {
    const next = field.indexOf(";", at);
    return { name: null, text: "", end: next === -1 ? field.length : next + 1 };
  }
  const name = match[1]?.toLowerCase() ?? "";
  return { name, ...readContent(field, at + match[0].length) };
}

function readContent(field: string, start: number): { readonly text: string; readonly end: number } {
  quotedString.lastIndex = start;
  const quoted = quotedString.exec(field);
  const behind = start + (quoted?.[0].length ?? 0);
  const semicolon = field.indexOf(";", behind);
  const rest = field.slice(behind, semicolon === -1 ? field.length : semicolon);
  const next = knownParameter.exec(quoted === null ? rest : `"${rest}`);
  const end = next === null ? behind + rest.length : behind + next.index + (quoted === null ? 1 : 0);
  if (quoted === null) return { text: withoutComment(field.slice(start, end)), end };
  // Quotes inside quotes, which should have been escaped: the last of them ends the value.
  const inner = next === null ? /^(\S.*)"\s*$/s.exec(rest) : null;
  const text = (quoted[1] ?? "") + (inner === null ? "" : `"${inner[1]}`);
  return { text: text.replaceAll(/\\(["\\])/g, "$1"), end };
}

/** A parenthesis inside a token is part of it and no comment, as in `filename=Invoice(1).pdf`. */
function withoutComment(text: string): string {
  const trimmed = text.trim();
  if (trimmed.startsWith("(")) return trimmed.slice(trimmed.indexOf(")") + 1 || trimmed.length).trim();
  const comment = trimmed.search(/[ \t]\(/);
  return comment === -1 ? trimmed : trimmed.slice(0, comment).trimEnd();
}

interface Piece {
  readonly index: number;
  readonly encoded: boolean;
  readonly text: string;
}

/** Joins `name*0*=`, `name*1=` and `name*=` (RFC 2231); these win over a plain `name=`, the fallback for older parsers. */
function joinPieces(
  written: ReadonlyMap<string, string>,
  guess: CharsetGuess | undefined,
): Map<string, string> {
  const whole = new Map<string, string>();
  const pieces = new Map<string, Piece[]>();
  for (const [key, text] of written) {
    const [, name, index, star] = /^([^*]+)(?:\*(\d{1,3}))?(\*)?$/.exec(key) ?? [];
    if (name === undefined || (index === undefined && star === undefined))
      whole.set(key, decodeWords(text, guess));
    else {
      const piece = { index: Number(index ?? 0), encoded: star !== undefined, text };
      pieces.set(name, [...(pieces.get(name) ?? []), piece]);
    }
  }
  for (const [name, list] of pieces) whole.set(name, joined(list, guess));
  return whole;
}

function joined(pieces: readonly Piece[], guess: CharsetGuess | undefined): string {
  let charset = "";
  const bytes = [...pieces]
    .sort((one, other) => one.index - other.index)
    .map(({ encoded, text }, position) => {
      if (!encoded) return Buffer.from(text);
      const start = position === 0 ? /^([^']*)'[^']*'/.exec(text) : null;
      charset = start?.[1] ?? charset;
      return percentDecoded(start === null ? text : text.slice(start[0].length));
    });
  // Joined before decoding: the bytes of a character, or an encoded word, may be in two sections.
  return decodeWords(decodeText(Buffer.concat(bytes), charset, guess), guess);
}

function percentDecoded(text: string): Buffer {
  const latin1 = Buffer.from(text).toString("latin1");
  return Buffer.from(
    latin1.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}
