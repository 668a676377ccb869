/** Text of documents that people attach to mail. */
import { decodeText, guessCharset } from "../charset/index.ts";
import { type Bounds, type Format, Unreadable } from "./document.ts";
import { textOfDocx } from "./docx.ts";
import { textOfHtml } from "./html.ts";
import { textOfPdf } from "./pdf.ts";
import { textOfXlsx } from "./xlsx.ts";

export { type Bounds, type Format, formatOf } from "./document.ts";

/** @returns null where there is none, or none that may be read: an encrypted document, a bomb, a scan */
export async function extractText(content: Buffer, format: Format, bounds: Bounds): Promise<string | null> {
  try {
    // PostgreSQL takes no NUL.
    const text = (await read(content, format, bounds)).replaceAll("\0", "");
    return text.trim() === "" ? null : text;
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

async function read(content: Buffer, format: Format, bounds: Bounds): Promise<string> {
  switch (format) {
    case "pdf":
      return textOfPdf(content, bounds);
    case "docx":
      return textOfDocx(content, bounds);
    case "xlsx":
      return textOfXlsx(content, bounds);
    case "html":
      return textOfHtml(decoded(content), bounds);
    case "plain":
      return decoded(content).slice(0, bounds.characters);
  }
}

/** In the character set of its byte order mark, UTF-8, or what its bytes look like. */
function decoded(content: Buffer): string {
  if (content.subarray(0, 2).equals(Buffer.from([0xff, 0xfe])))
    return content.subarray(2).toString("utf16le");
  // No text has it, but those that have it everywhere.
  if (content.includes(0)) throw new Unreadable("it is no text");
  return decodeText(content, "utf-8", () => guessCharset(content)).replace(/^\ufeff/, "");
}
