/** Text of PDF files, of those that have a text layer: scans have none. */
import { inflateSync } from "node:zlib";
import { getDocumentProxy } from "unpdf";
import { type Bounds, Unreadable } from "./document.ts";
import { TextWriter } from "./text-writer.ts";

/** Bytes in which a file says that it is one; some mailers put a line before it. */
const HEADER_BYTES = 1024;
/** Streams that are tried: a page has a few. */
const MAX_STREAMS = 50_000;

/** @throws Unreadable for one that is encrypted, inflates to too much, or is no PDF */
export async function textOfPdf(content: Buffer, bounds: Bounds): Promise<string> {
  if (!content.subarray(0, HEADER_BYTES).includes("%PDF-")) throw new Unreadable("it is no PDF");
  checkStreams(content, bounds.inflatedBytes);
  const writer = new TextWriter(bounds.characters);
  try {
    // A copy: the reader takes the memory away.
    await readPages(new Uint8Array(content), writer);
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

/**
 * The reader inflates whatever it is given, so all streams are inflated here before it, with a bound. Filters that expand what another
 * has expanded, names that hide a filter and filters that are named elsewhere could pass that bound, and no ordinary program writes them.
 */
function checkStreams(content: Buffer, inflatedBytes: number): void {
  const text = content.toString("latin1");
  const odd =
    /\/(?:Filter|F)\s*(?:\d+\s+\d+\s+R\b|\[[^\]]*(?:Flate|LZW|RunLength|Fl\b|RL\b)[^\]]*(?:Flate|LZW|RunLength|Fl\b|RL\b))|\/F(?:#|i#|il#|ilt#|ilte#)|\/(?:LZWDecode|RunLengthDecode)\b|\/\w*#[0-9a-f]{2}\w*Decode/i;
  if (odd.test(text)) throw new Unreadable("its streams may expand without bound");
  let left = inflatedBytes;
  let streams = 0;
  for (const { index } of text.matchAll(/\bstream\r?\n/g)) {
    if (++streams > MAX_STREAMS) throw new Unreadable("it has too many streams");
    const start = text.indexOf("\n", index) + 1;
    const end = text.indexOf("endstream", start);
    left -= inflatedSize(content.subarray(start, end === -1 ? undefined : end), left);
  }
}

/** Bytes that it inflates to; 0 when it is not deflated. @throws Unreadable beyond `most` */
function inflatedSize(stream: Buffer, most: number): number {
  // The first byte of a zlib stream (RFC 1950 section 2.2).
  if (((stream[0] ?? 0) & 0x0f) !== 8) return 0;
  try {
    return inflateSync(stream, { maxOutputLength: Math.max(most, 1), finishFlush: 2 }).byteLength;
  } catch (error) {
    if (error instanceof RangeError) throw new Unreadable("it inflates to too much");
    return 0;
  }
}
