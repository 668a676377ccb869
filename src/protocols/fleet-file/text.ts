/** Text of a file: UTF-8 with or without a byte order mark, and line ends of any system. */
import { unreadable } from "./reading.ts";

/**
 * Lines end with LF alone; there is no byte order mark.
 * @throws UnreadableFile for what is no text
 */
export function textOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw unreadable("this is UTF-16: save it as UTF-8");
  const nul = bytes.indexOf(0);
  if (nul !== -1)
    throw unreadable("this is no text: it has a NUL byte", { line: lineAt(bytes, nul), column: null });
  let text: string;
  try {
    // Drops a byte order mark.
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unreadable("this is no UTF-8", { line: lineAt(bytes, firstInvalid(bytes)), column: null });
  }
  return text.replaceAll(/\r\n?/g, "\n");
}

const LF = 0x0a;

function lineAt(bytes: Uint8Array, index: number): number {
  let line = 1;
  for (let at = 0; at < index; at++) if (bytes[at] === LF) line++;
  return line;
}

/** Where the text that decodes differs from the bytes: the replacement character stands there. */
function firstInvalid(bytes: Uint8Array): number {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const encoded = new TextEncoder().encode(text);
  const index = encoded.findIndex((byte, at) => byte !== bytes[at]);
  return index === -1 ? 0 : index;
}
