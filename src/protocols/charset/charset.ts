/** Text of any charset a mail may name, rightly or not. */
import { isAscii, isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";
import { decoderOf, isSevenBit } from "./decoders.ts";
import { decodeShifted } from "./shifted.ts";

/** The charset, by its label, of text that names none and is not UTF-8. */
export type CharsetGuess = () => string;

/** Bytes beyond ASCII from which on text that is valid UTF-8 is UTF-8; two Chinese characters of GBK may be so by chance. */
const CERTAIN_BYTES = 8;

/** The most frequent labels; all are supersets of ASCII. */
const usual: ReadonlySet<string> = new Set(["", "utf-8", "us-ascii", "iso-8859-1", "windows-1252"]);

const ESC = 0x1b;
/** ISO 2022's designation of a multibyte set, which Japanese mail also holds where it says that it is ASCII, or says nothing. */
const MULTIBYTE_ESCAPE = Buffer.from("\x1b$");

/**
 * Never throws. A charset that is missing, unknown or plainly wrong is guessed: UTF-8 when the bytes are UTF-8, which
 * other text beyond ASCII practically never is by chance, else what `guess` says.
 * @param label as the mail names it; empty when it names none
 * @param guess asked only when it is needed
 */
export function decodeText(bytes: Buffer, label: string, guess: CharsetGuess = western): string {
  const name = label.trim().toLowerCase();
  const ascii = isAscii(bytes);
  if (usual.has(name) && !bytes.includes(ESC)) {
    if (ascii) return bytes.toString("latin1");
    if (name === "utf-8") return decodeUnnamed(bytes, guess);
  }
  if (ascii && isPlainAscii(bytes, name)) return bytes.toString("latin1");
  const decoder = decoderOf(name);
  if (decoder?.isWide || (ascii && isSevenBit(name))) return decoder?.decode(bytes) ?? "";
  if ((ascii || isSevenBit(name)) && bytes.includes(MULTIBYTE_ESCAPE)) return decodeShifted(bytes);
  if (decoder === null || decoder.isUtf8 || isSevenBit(name) || isAsciiLabel(name))
    return decodeUnnamed(bytes, guess);
  const text = decoder.decode(bytes);
  if (!isUtf8(bytes)) return withoutC1(text);
  // One byte, one character: any bytes decode, so only the other charsets can show that they are not meant.
  return text.length === bytes.length || text.includes("\ufffd") || isCertain(bytes)
    ? decodeUnnamed(bytes, guess)
    : text;
}

/** True for a label that says how to read bytes beyond ASCII. */
export function isCharset(label: string): boolean {
  const name = label.trim().toLowerCase();
  return !isAsciiLabel(name) && decoderOf(name) !== null;
}

const isAsciiLabel = (name: string): boolean =>
  /^((us-?)?ascii|csascii|ansi_x3\.4-\d{4}|iso-ir-6|iso_?646[.-]us|iso646-us|us|(ibm|cp)?367)$/.test(name);

const western: CharsetGuess = () => "windows-1252";

/** True for bytes that are ASCII text: no shift sequences, and not the code units of UTF-16 or UTF-32. */
function isPlainAscii(bytes: Buffer, name: string): boolean {
  if (isSevenBit(name)) return false;
  if (/^(utf-?(16|32)|ucs|iso-10646|csunicode|unicode)/.test(name)) return !bytes.includes(0);
  return !bytes.includes(MULTIBYTE_ESCAPE);
}

function isCertain(bytes: Buffer): boolean {
  let count = 0;
  for (const byte of bytes) if (byte > 0x7f && ++count >= CERTAIN_BYTES) return true;
  return false;
}

/** Keeps nothing between calls that do not stream. */
const utf8 = new TextDecoder();

function decodeUnnamed(bytes: Buffer, guess: CharsetGuess): string {
  // A byte order mark, which no other text begins with.
  if (/^(fffe|feff)/.test(bytes.toString("hex", 0, 2))) return decoderOf("utf-16")?.decode(bytes) ?? "";
  const text = utf8.decode(bytes);
  // A sender may write U+FFFD itself.
  if (!text.includes("\ufffd") || isUtf8(bytes) || !isMostlyBroken(text))
    // Their first byte in UTF-8: looking for it is cheaper than looking at each character.
    return bytes.includes(0xc2) ? withoutC1(text) : text;
  const decoder = decoderOf(guess()) ?? decoderOf(western());
  return withoutC1(decoder?.decode(bytes) ?? text);
}

/** A cut or damaged character must not make the others unreadable, so the broken ones have to be the more. */
function isMostlyBroken(text: string): boolean {
  let balance = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0xfffd) balance++;
    else if (unit > 0x7f) balance--;
  }
  return balance > 0;
}

/** C1 control characters are not used in text: they are quotes and dashes of windows-1252, mislabelled as ISO 8859. */
function withoutC1(text: string): string {
  if (!/[\u0080-\u009f]/.test(text)) return text;
  return text.replaceAll(/[\u0080-\u009f]+/g, (controls) =>
    windows1252.decode(Buffer.from(controls, "latin1")),
  );
}

const windows1252 = new TextDecoder("windows-1252");
