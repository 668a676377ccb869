/** Decodes text in any charset a mail may declare, correctly or not. */
import { isAscii, isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";

/** Charset names that mail clients write and the Encoding Standard does not know. */
const aliases: Readonly<Record<string, string>> = {
  cp932: "shift_jis",
  ms932: "shift_jis",
  cp936: "gbk",
  ms936: "gbk",
  cp949: "euc-kr",
  uhc: "euc-kr",
  cp950: "big5",
  cp874: "windows-874",
  tis620: "windows-874",
  "iso-2022-jp-1": "iso-2022-jp",
  "iso-2022-jp-2": "iso-2022-jp",
  "iso-2022-jp-ms": "iso-2022-jp",
  cp50220: "iso-2022-jp",
  cp50221: "iso-2022-jp",
  // In the standard, but decoded to private-use characters.
  "x-user-defined": "",
};

/** Charsets in which ASCII bytes can mean something else. */
const notAsciiBased = /^(iso-2022|csiso2022|cp5022|hz|utf-?16|ucs|csunicode|unicode)/;

/** Bytes beyond ASCII from which on text that is valid UTF-8 is UTF-8; two Chinese characters of GBK may be so by chance. */
const CERTAIN_BYTES = 8;

/**
 * Never throws. A charset that is missing, unknown or plainly wrong is guessed: UTF-8 when the bytes are UTF-8, which
 * other text beyond ASCII practically never is by chance, else windows-1252.
 * @param label as the mail names it; empty when it names none
 */
export function decodeText(bytes: Buffer, label: string): string {
  const name = label.trim().toLowerCase();
  const known = aliases[name] ?? name;
  if (isAscii(bytes) && !notAsciiBased.test(known)) return bytes.toString("latin1");
  const decoder = decoderFor(known);
  if (decoder === null || decoder.encoding === "utf-8") return decodeUtf8(bytes);
  if (notAsciiBased.test(known) || !isUtf8(bytes)) return decoder.decode(bytes);
  const text = decoder.decode(bytes);
  // One byte, one character: any bytes decode, so only the other charsets can show that they are not meant.
  return text.length === bytes.length || text.includes("\ufffd") || isCertain(bytes)
    ? decodeUtf8(bytes)
    : text;
}

function isCertain(bytes: Buffer): boolean {
  let count = 0;
  for (const byte of bytes) if (byte > 0x7f && ++count >= CERTAIN_BYTES) return true;
  return false;
}

function decoderFor(label: string): TextDecoder | null {
  try {
    return new TextDecoder(label);
  } catch {
    return null;
  }
}

/** Neither keeps state between non-streaming calls. */
const utf8 = new TextDecoder();
const windows1252 = new TextDecoder("windows-1252");

function decodeUtf8(bytes: Buffer): string {
  const text = utf8.decode(bytes);
  return text.includes("\ufffd") && isMostlyBroken(text) ? windows1252.decode(bytes) : text;
}

/** A truncated or damaged character must not change the charset of the rest: invalid ones must be the majority. */
function isMostlyBroken(text: string): boolean {
  let balance = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0xfffd) balance++;
    else if (unit > 0x7f) balance--;
  }
  return balance > 0;
}
