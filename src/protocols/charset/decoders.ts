/**
 * Decoders by the labels that mail programs write. Node's are used where they are complete, being three times as fast;
 * iconv-lite has the full code pages behind the names of Korean and of Cantonese, and those of DOS.
 */
import { TextDecoder } from "node:util";
import iconv from "iconv-lite";
import { decodeHz, decodeShifted } from "./shifted.ts";
import { decodeUtf7 } from "./utf7.ts";

export interface Decoder {
  /** Never throws: what cannot be read becomes U+FFFD. */
  readonly decode: (bytes: Buffer) => string;
  readonly isUtf8: boolean;
  /** Two or four bytes for each character, ASCII as well. */
  readonly isWide: boolean;
}

/** Labels that mail clients write and neither the Encoding Standard nor iconv-lite knows. */
const aliases: Readonly<Record<string, string>> = {
  uhc: "cp949",
  ms949: "cp949",
  cp950: "big5",
  ms950: "big5",
  ms932: "shift_jis",
  ms936: "gbk",
  koi8: "koi8-r",
  "pc-multilingual-850+euro": "cp858",
  "big5-eten": "big5",
  "gb18030-2000": "gb18030",
  "x-euc": "euc-jp",
  "kz-1048": "rk1048",
  macce: "maccenteuro",
  "mac-ce": "maccenteuro",
  cp65001: "utf-8",
  "unicode-2-0-utf-8": "utf-8",
  "x-unicode-2-0-utf-8": "utf-8",
  // In the standard, but decoded to private-use characters.
  "x-user-defined": "",
};

/** What Node reads only in part: its tables have the base set, its labels also mean what was added to it. */
const inFull: Readonly<Record<string, string>> = { "euc-kr": "cp949", big5: "big5-hkscs" };

const shifted = /^(iso-?2022-?(jp|kr|cn)|csiso2022|cp5022|(x-)?jis$)/;
const hz = /^(hz|csgb2312hz)/;
const utf7 = /^((x-)?(unicode-[12]-[01]-)?utf-?7$|csunicode11utf7)/;
/** Not charsets, though iconv-lite decodes them: bytes in a text form, and the names of folders in IMAP. */
const noCharset = /^(hex|base64|binary|internal|utf-?7-?imap)/;

/** True for charsets that write everything in ASCII bytes (RFC 1468, RFC 1557, RFC 1843, RFC 2152). */
export const isSevenBit = (label: string): boolean =>
  shifted.test(label) || hz.test(label) || utf7.test(label);

/** @param label lower-case; null when it names no charset known here */
export function decoderOf(label: string): Decoder | null {
  if (shifted.test(label)) return narrow(decodeShifted);
  if (hz.test(label)) return narrow(decodeHz);
  if (utf7.test(label)) return narrow(decodeUtf7);
  const name = nameOf(label);
  const native = nativeDecoder(name);
  const full = inFull[native?.encoding ?? ""];
  if (full !== undefined) return narrow((bytes) => iconv.decode(bytes, full));
  if (native !== null && name !== "utf-16")
    return {
      decode: (bytes) => native.decode(bytes),
      isUtf8: native.encoding === "utf-8",
      isWide: native.encoding.startsWith("utf-16"),
    };
  if (name === "" || noCharset.test(name) || !iconv.encodingExists(name)) return null;
  return {
    decode: (bytes) => iconv.decode(bytes, name),
    isUtf8: /^(x-)?utf[-_ ]?8$/.test(name),
    isWide: /^(utf[-_ ]?(16|32)|ucs)/.test(name),
  };
}

/** The name a decoder may have: pages by their number, and experimental names without their prefix (RFC 2978 section 3.3). */
function nameOf(label: string): string {
  if (Object.hasOwn(aliases, label)) return aliases[label] ?? label;
  const plain = label.replace(/^(x-){1,2}(?!mac)/, "").replace(/^x-(?=mac-?c)/, "");
  const [, page] = /^(?:ibm|cp|ccsid|windows|win)[-_]?0*(\d{3,5})$/.exec(plain) ?? [];
  const [, part] = /^8859[-_](\d{1,2})$/.exec(plain) ?? [];
  const name = page !== undefined ? `cp${page}` : part !== undefined ? `iso-8859-${part}` : plain;
  return aliases[name] ?? name;
}

const narrow = (decode: (bytes: Buffer) => string): Decoder => ({ decode, isUtf8: false, isWide: false });

function nativeDecoder(label: string): TextDecoder | null {
  try {
    return new TextDecoder(label);
  } catch {
    return null;
  }
}
