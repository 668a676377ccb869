/** What may be in memory at once, derived from what there is: the heap that V8 was given and the container's limit. Read once, at start. */
import { availableParallelism, totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import type { Config } from "../config.ts";
import { KEY_CACHE_ENTRIES, MAX_LARGE_MAILS, MAX_MIME_THREADS } from "../domain/limits.ts";
import { MAX_INGEST_GROUP_BYTES } from "../domain/transit/arrivals/limits.ts";
import { MAX_BODY_BYTES_HELD, MAX_DOWNLOAD_BYTES_HELD, MAX_SEND_BYTES } from "../transport/http/limits.ts";
import { MAX_SMTP_BUFFERED_BYTES } from "../transport/smtp/limits.ts";
import { containerMemory } from "./container-memory.ts";
import {
  BASE_HEAP_BYTES,
  BASE_NATIVE_BYTES,
  BUFFERS_SHARE,
  DATABASE_BACKENDS_BYTES,
  GROUP_SHARE,
  HEAP_PER_GROUP_BYTE,
  KEY_BYTES,
  KEYS_SHARE,
  LEAST_BUFFER_BYTES,
  LEAST_GROUP_BYTES,
  LEAST_HEAP_BUDGET_BYTES,
  LEAST_ROOM_BYTES,
  LEAST_THREAD_HEAP_MB,
  LEAST_UNFINISHED_MAILS,
  MOST_BUFFER_BYTES,
  MOST_THREAD_HEAP_MB,
  NATIVE_PER_BODY_BYTE,
  NATIVE_PER_DOWNLOAD_BYTE,
  NATIVE_PER_MAIL_BYTE,
  NATIVE_PER_STORED_BYTE,
  ROOM_SHARE,
  SEMI_SPACE_MEGABYTES,
  SEMI_SPACES,
  THREADS_SHARE,
} from "./limits.ts";

/** What there is, bytes. */
export interface Memory {
  /** V8's limit of the heap, young generation and all. */
  readonly heapLimit: number;
  /** Of that, the young generation, which nothing can rely on. */
  readonly youngBytes: number;
  /** Null: no limit but the machine's. */
  readonly container: number | null;
  readonly machine: number;
}

/** What may be in memory at once. */
export interface MemoryBounds {
  /** Bytes of heap for bodies of requests and what is made of them. */
  readonly heapBytes: number;
  /** Bytes of bodies of HTTP requests, as they are sent. */
  readonly bodyBytes: number;
  /** Bytes of downloads that are not read to their end. */
  readonly downloadBytes: number;
  /** Bytes of unfinished mail over SMTP. */
  readonly smtpBytes: number;
  /** Bytes of mail committed together. */
  readonly groupBytes: number;
  /** Large mails read or stored at once. */
  readonly largeMails: number;
  readonly mimeThreads: number;
  /** Of each of those. */
  readonly mimeHeapMegabytes: number;
  /** Keys remembered. */
  readonly keys: number;
  /** Bytes of pages that an embedded PostgreSQL keeps. */
  readonly databaseBufferBytes: number;
}

type Sizes = Pick<Config, "maxMessageBytes" | "databaseUrl" | "memory">;

export const readMemory = async (): Promise<Memory> => ({
  heapLimit: getHeapStatistics().heap_size_limit,
  youngBytes: youngBytes(process.execArgv.join(" ")),
  container: await containerMemory(),
  machine: totalmem(),
});

const MEGABYTE = 1024 * 1024;

/** @param options of the command line, the only place that says it. Where it is given in NODE_OPTIONS, V8's most is taken off: too much rather than too little */
export function youngBytes(options: string): number {
  const given = [...options.matchAll(/--max[-_]semi[-_]space[-_]size=(\d+)/g)].at(-1)?.[1];
  return SEMI_SPACES * Number(given ?? SEMI_SPACE_MEGABYTES) * MEGABYTE;
}

const clamp = (least: number, value: number, most: number): number =>
  Math.round(Math.max(least, Math.min(value, most)));

/** @param config settings that are given override what is derived */
export function memoryBounds(
  { heapLimit, youngBytes, container, machine }: Memory,
  config: Sizes,
): MemoryBounds {
  // Of a heap whose young generation was made smaller, a third is less than what is old.
  const oldBytes = Math.max(heapLimit - youngBytes, heapLimit / 3);
  const heapBytes = Math.max(Math.round(oldBytes - BASE_HEAP_BYTES), LEAST_HEAP_BUDGET_BYTES);
  const databaseBufferBytes = clamp(
    LEAST_BUFFER_BYTES,
    Math.min(container ?? machine, machine) * BUFFERS_SHARE,
    MOST_BUFFER_BYTES,
  );
  const database = config.databaseUrl === null ? databaseBufferBytes + DATABASE_BACKENDS_BYTES : 0;
  const mimeThreads = clamp(1, availableParallelism() - 1, MAX_MIME_THREADS);
  const mimeHeapMegabytes = clamp(
    LEAST_THREAD_HEAP_MB,
    ((container ?? Number.POSITIVE_INFINITY) * THREADS_SHARE) / mimeThreads / MEGABYTE,
    MOST_THREAD_HEAP_MB,
  );
  const others = database + BASE_NATIVE_BYTES + mimeThreads * mimeHeapMegabytes * MEGABYTE;
  const room =
    container === null ? Number.POSITIVE_INFINITY : Math.max(container - oldBytes - others, LEAST_ROOM_BYTES);
  const share = (least: number, perByte: number, most: number): number =>
    clamp(least, (room * ROOM_SHARE) / perByte, Math.max(most, least));
  const { bodyBytes, downloadBytes, smtpBytes } = config.memory;
  return {
    heapBytes,
    bodyBytes: bodyBytes ?? share(2 * MAX_SEND_BYTES, NATIVE_PER_BODY_BYTE, MAX_BODY_BYTES_HELD),
    downloadBytes:
      downloadBytes ?? share(2 * config.maxMessageBytes, NATIVE_PER_DOWNLOAD_BYTE, MAX_DOWNLOAD_BYTES_HELD),
    smtpBytes:
      smtpBytes ??
      share(LEAST_UNFINISHED_MAILS * config.maxMessageBytes, NATIVE_PER_MAIL_BYTE, MAX_SMTP_BUFFERED_BYTES),
    groupBytes: clamp(
      LEAST_GROUP_BYTES,
      (heapBytes * GROUP_SHARE) / HEAP_PER_GROUP_BYTE,
      MAX_INGEST_GROUP_BYTES,
    ),
    largeMails: clamp(
      1,
      Math.floor(room / (NATIVE_PER_STORED_BYTE * config.maxMessageBytes)),
      MAX_LARGE_MAILS,
    ),
    mimeThreads,
    mimeHeapMegabytes,
    keys: clamp(1, (heapBytes * KEYS_SHARE) / KEY_BYTES, KEY_CACHE_ENTRIES),
    databaseBufferBytes,
  };
}
