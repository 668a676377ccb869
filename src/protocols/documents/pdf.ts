/** Text of PDF files, of those that have a text layer: scans have none. */
import { getDocumentProxy } from "unpdf";
import { withinBytes } from "./counted-memory.ts";
import { type Bounds, Unreadable } from "./document.ts";
import { TextWriter } from "./text-writer.ts";

/** Bytes in which a file says that it is one; some mailers put a line before it. */
const HEADER_BYTES = 1024;
/** Bytes taken for each byte that a stream inflates to: its buffer grows by doubling, and is up to twice as large in the end. */
const TAKEN_PER_BYTE = 4;

/** @throws Unreadable for one that takes a password, inflates to too much, or is no PDF */
export async function textOfPdf(content: Buffer, bounds: Bounds): Promise<string> {
  if (!content.subarray(0, HEADER_BYTES).includes("%PDF-")) throw new Unreadable("it is no PDF");
  const writer = new TextWriter(bounds.characters);
  try {
    // A copy: the reader takes the memory away.
    const copy = new Uint8Array(content);
    // The reader inflates whatever a file has it inflate, by any chain of filters, some of it out of what it inflated or decrypted.
    await withinBytes(bounds.inflatedBytes * TAKEN_PER_BYTE, () => readPages(copy, writer));
  } catch (error) {
    throw new Unreadable("it cannot be read", { cause: error });
  }
  return writer.text();
}

async function readPages(content: Uint8Array, writer: TextWriter): Promise<void> {
  const pdf = await getDocumentProxy(content, { verbosity: 0 });
  try {
    for (let number = 1; number <= pdf.numPages && !writer.isFull; number++) {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      for (const item of items) if ("str" in item) writer.add(item.hasEOL ? `${item.str}\n` : item.str);
      writer.add("\n\n");
      page.cleanup();
    }
  } finally {
    await pdf.loadingTask.destroy();
  }
}
