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
  switch (formatIn(content, format)) {
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

/** The part that an archive of each kind has. */
const mainParts = { docx: "word/document.xml", xlsx: "xl/workbook.xml" } as const;

/** What its bytes say that it is, whatever a sender called it; what they are silent about, it is as it was called. */
function formatIn(content: Buffer, called: Format): Format {
  const begins = content.subarray(0, 5).toString("latin1");
  if (begins === "%PDF-") return "pdf";
  if (!begins.startsWith("PK\u0003\u0004")) return called;
  const kinds = called === "xlsx" ? (["xlsx", "docx"] as const) : (["docx", "xlsx"] as const);
  return kinds.find((kind) => content.includes(mainParts[kind])) ?? called;
}

/** In the character set of its byte order mark, UTF-8, or what its bytes look like. */
function decoded(content: Buffer): string {
  const mark = content.subarray(0, 2).toString("hex");
  if (mark === "fffe" || mark === "feff")
    return new TextDecoder(mark === "fffe" ? "utf-16le" : "utf-16be").decode(content);
  // No text has it, but those that have it everywhere.
  if (content.includes(0)) throw new Unreadable("it is no text");
  return decodeText(content, "utf-8", () => guessCharset(content)).replace(/^\ufeff/, "");
}
