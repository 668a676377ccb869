/** What a thread for documents does: its default task, as `document-pool.ts` calls it. */
import { asBuffer } from "../lib/as-buffer.ts";
import { type Bounds, extractText, type Format } from "../protocols/documents/index.ts";

export interface DocumentTask {
  readonly content: Uint8Array;
  readonly format: Format;
  readonly bounds: Bounds;
}

export const text = ({ content, format, bounds }: DocumentTask): Promise<string | null> =>
  extractText(asBuffer(content), format, bounds);
