/** A thread that takes text out of attached documents. It ends with whatever it reads for too long or in too much memory. */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Tinypool } from "tinypool";
import type { Warn } from "../domain/door/failures.ts";
import {
  MAX_DOCUMENT_CHARACTERS,
  MAX_DOCUMENT_INFLATED_BYTES,
  MAX_DOCUMENT_MS,
} from "../domain/mail/attachments/limits.ts";
import type { Format } from "../protocols/documents/index.ts";
import type { DocumentTask } from "./document-pool-worker.ts";

/** Megabytes of the thread's JavaScript heap: a workbook of 50 MB takes 200. */
const HEAP_MB = 384;
/** Milliseconds after which a thread without work is ended. */
const IDLE_MS = 30_000;

export interface DocumentPool {
  /** @returns null where there is none, or where it took too much memory; undefined where it took too long, or this was closed: another time it may not */
  textOf(content: Uint8Array, format: Format): Promise<string | null | undefined>;
  close(): Promise<void>;
}

const entry = fileURLToPath(new URL(`./document-pool-worker${extname(import.meta.url)}`, import.meta.url));

/** One document at a time: callers queue before it. @param timeoutMs MAX_DOCUMENT_MS when absent */
export function createDocumentPool(warn: Warn, timeoutMs = MAX_DOCUMENT_MS): DocumentPool {
  const pool = new Tinypool({
    filename: entry,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  // Of a thread that ended; what it read has no text.
  pool.on("error", (error) => warn("a thread for documents ended", error));
  const bounds = { inflatedBytes: MAX_DOCUMENT_INFLATED_BYTES, characters: MAX_DOCUMENT_CHARACTERS };
  let isClosed = false;
  return {
    async textOf(content, format) {
      const task: DocumentTask = { content, format, bounds };
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        // Cast: the worker made it by the same interface.
        return (await pool.run(task, { name: "text", signal })) as string | null;
      } catch (error) {
        warn("no text was taken out of a document", error);
        return signal.aborted || isClosed ? undefined : null;
      }
    },
    close() {
      isClosed = true;
      return pool.destroy();
    },
  };
}
