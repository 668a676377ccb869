/** Values with parameters: Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183, RFC 2231). */
import { decodeWords } from "postal-mime";
import { decodeText } from "./charset.ts";
import { joinWords } from "./encoded-word.ts";

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

const parameter = /;[ \t]*([^=;\s]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"?[^;]*|([^;]*))|;/gsy;

/** Never throws; malformed parameters are skipped. */
export function readStructured(text: string): StructuredField {
  const field = text.slice(0, MAX_LENGTH);
  const start = field.indexOf(";");
  const value = withoutComment(start === -1 ? field : field.slice(0, start)).toLowerCase();
  const written = new Map<string, string>();
  let at = start === -1 ? field.length : start;
  while (at < field.length && written.size < MAX_PARAMETERS) {
    parameter.lastIndex = at;
    const match = parameter.exec(field);
    if (match === null) break;
    const [whole, name, quoted, bare = ""] = match;
    const key = name?.toLowerCase();
    if (key !== undefined && !written.has(key))
      written.set(key, quoted?.replaceAll(/\\(.)/gs, "$1") ?? withoutComment(bare));
    const next = field.indexOf(";", at + whole.length);
    at = next === -1 ? field.length : next;
  }
  return { value, parameters: joinPieces(written) };
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
function joinPieces(written: ReadonlyMap<string, string>): Map<string, string> {
  const whole = new Map<string, string>();
  const pieces = new Map<string, Piece[]>();
  for (const [key, text] of written) {
    const [, name, index, star] = /^([^*]+)(?:\*(\d{1,3}))?(\*)?$/.exec(key) ?? [];
    if (name === undefined || (index === undefined && star === undefined))
      whole.set(key, decodeWords(joinWords(text)));
    else {
      const piece = { index: Number(index ?? 0), encoded: star !== undefined, text };
      pieces.set(name, [...(pieces.get(name) ?? []), piece]);
    }
  }
  for (const [name, list] of pieces) whole.set(name, joined(list));
  return whole;
}

function joined(pieces: readonly Piece[]): string {
  let charset = "";
  const bytes = [...pieces]
    .sort((one, other) => one.index - other.index)
    .map(({ encoded, text }, position) => {
      if (!encoded) return Buffer.from(text);
      const start = position === 0 ? /^([^']*)'[^']*'/.exec(text) : null;
      charset = start?.[1] ?? charset;
      return percentDecoded(start === null ? text : text.slice(start[0].length));
    });
  // Joined before decoding: the bytes of a character may be in two sections.
  return decodeText(Buffer.concat(bytes), charset);
}

function percentDecoded(text: string): Buffer {
  const latin1 = Buffer.from(text).toString("latin1");
  return Buffer.from(
    latin1.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}
