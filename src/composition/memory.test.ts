import { describe, expect, it } from "vitest";
import { memoryFlags } from "../../bin/memory-flags.js";
import { MAX_LARGE_MAILS } from "../domain/limits.ts";
import { MAX_INGEST_GROUP_BYTES } from "../domain/transit/arrivals/limits.ts";
import { MAX_BODY_BYTES_HELD, MAX_DOWNLOAD_BYTES_HELD, MAX_SEND_BYTES } from "../transport/http/limits.ts";
import { MAX_SMTP_BUFFERED_BYTES } from "../transport/smtp/limits.ts";
import {
  BASE_NATIVE_BYTES,
  DATABASE_BACKENDS_BYTES,
  NATIVE_PER_BODY_BYTE,
  NATIVE_PER_DOWNLOAD_BYTE,
  NATIVE_PER_MAIL_BYTE,
} from "./limits.ts";
import { memoryBounds, youngBytes } from "./memory.ts";

const MB = 1024 * 1024;
const maxMessageBytes = 25 * MB;
const none = { bodyBytes: null, downloadBytes: null, smtpBytes: null };
const settings = { maxMessageBytes, databaseUrl: null, memory: none };
/** What V8 says with --max-old-space-size. */
const heapOf = (oldMegabytes: number) => ({ heapLimit: (oldMegabytes + 192) * MB, youngBytes: 192 * MB });

describe("what may be in memory at once", () => {
  it("is what it says in the limits where there is plenty", () => {
    const bounds = memoryBounds({ ...heapOf(4096), container: null, machine: 8192 * MB }, settings);
    expect(bounds).toMatchObject({
      bodyBytes: MAX_BODY_BYTES_HELD,
      downloadBytes: MAX_DOWNLOAD_BYTES_HELD,
      smtpBytes: MAX_SMTP_BUFFERED_BYTES,
      groupBytes: MAX_INGEST_GROUP_BYTES,
    });
    // Four for each byte of a body: the heap is no narrower than the bodies.
    expect(bounds.heapBytes).toBeGreaterThanOrEqual(MAX_BODY_BYTES_HELD * 4);
  });

  it("follows the heap: with 96 MB a send of 12 MB has room alone, and groups of mail are small", () => {
    const { heapBytes, groupBytes, keys } = memoryBounds(
      { ...heapOf(96), container: null, machine: 8192 * MB },
      settings,
    );
    expect(heapBytes).toBe(48 * MB);
    expect(heapBytes).toBeGreaterThanOrEqual(4 * MAX_SEND_BYTES);
    expect(heapBytes).toBeLessThan(8 * MAX_SEND_BYTES);
    expect(groupBytes).toBe(3 * MB);
    expect(keys).toBeLessThan(10_000);
  });

  it("follows the container: half a gigabyte with the embedded database gives each its least, a gigabyte with another's more", () => {
    const small = memoryBounds({ ...heapOf(128), container: 512 * MB, machine: 8192 * MB }, settings);
    expect(small).toMatchObject({
      bodyBytes: 2 * MAX_SEND_BYTES,
      downloadBytes: 2 * maxMessageBytes,
      smtpBytes: 2 * maxMessageBytes,
      largeMails: 1,
    });
    expect(small.mimeHeapMegabytes).toBeLessThanOrEqual(64);
    const apart = { ...settings, databaseUrl: "postgresql://a/b" };
    const larger = memoryBounds({ ...heapOf(256), container: 4096 * MB, machine: 8192 * MB }, apart);
    expect(larger.bodyBytes).toBeGreaterThan(small.bodyBytes);
    expect(larger.bodyBytes).toBeLessThan(MAX_BODY_BYTES_HELD);
    expect(larger.largeMails).toBe(MAX_LARGE_MAILS);
  });

  it("fits into a container of a gigabyte with all that is in it, each at its most, but for a tenth", () => {
    const container = 1024 * MB;
    const [flag = ""] = memoryFlags(container, "").filter((one) => one.startsWith("--max-old-space-size="));
    const oldMegabytes = Number(flag.split("=")[1]);
    const heap = { heapLimit: (oldMegabytes + 48) * MB, youngBytes: 48 * MB };
    const bounds = memoryBounds({ ...heap, container, machine: 8192 * MB }, settings);
    const native =
      NATIVE_PER_BODY_BYTE * bounds.bodyBytes +
      NATIVE_PER_DOWNLOAD_BYTE * bounds.downloadBytes +
      NATIVE_PER_MAIL_BYTE * bounds.smtpBytes;
    const database = bounds.databaseBufferBytes + DATABASE_BACKENDS_BYTES;
    const threads = bounds.mimeThreads * bounds.mimeHeapMegabytes * MB;
    const all = oldMegabytes * MB + BASE_NATIVE_BYTES + database + threads + native;
    expect(all).toBeLessThan(1.1 * container);
  });

  it("gives an embedded database an eighth of the machine or the container, and not less than PostgreSQL's default", () => {
    const buffersOf = (container: number | null, machine: number) =>
      memoryBounds({ ...heapOf(256), container, machine }, settings).databaseBufferBytes;
    expect(buffersOf(null, 4096 * MB)).toBe(512 * MB);
    expect(buffersOf(2048 * MB, 4096 * MB)).toBe(256 * MB);
    expect(buffersOf(512 * MB, 4096 * MB)).toBe(128 * MB);
    expect(buffersOf(null, 65_536 * MB)).toBe(1024 * MB);
  });

  it("knows the young generation by the options of the process, the last of which counts", () => {
    expect(youngBytes("")).toBe(192 * MB);
    expect(youngBytes("--max-semi-space-size=16 --max-old-space-size=96")).toBe(48 * MB);
    expect(youngBytes("--max_semi_space_size=16 --max-semi-space-size=4")).toBe(12 * MB);
  });

  it("gives the heap a quarter of a small container, unless whoever starts it says how much", () => {
    const own = ["--max-semi-space-size=16", "--heap-growing-percent=100"];
    for (const none of [0, 2 ** 63, 8192 * MB]) expect(memoryFlags(none, "")).toEqual(own);
    expect(memoryFlags(1024 * MB, "")).toEqual([...own, "--max-old-space-size=256"]);
    expect(memoryFlags(300 * MB, "")).toEqual([...own, "--max-old-space-size=128"]);
    expect(memoryFlags(1024 * MB, "--max_old_space_size=600 --max-semi-space-size=8")).toEqual([own[1]]);
  });

  it("is never nothing, and what is set is taken as it is", () => {
    const tiny = memoryBounds(
      { heapLimit: 8 * MB, youngBytes: 192 * MB, container: 16 * MB, machine: 8192 * MB },
      settings,
    );
    for (const bound of Object.values(tiny)) expect(bound).toBeGreaterThan(0);
    const memory = { bodyBytes: 30 * MB, downloadBytes: 40 * MB, smtpBytes: 50 * MB };
    expect(
      memoryBounds(
        { heapLimit: 8 * MB, youngBytes: 192 * MB, container: 16 * MB, machine: 8192 * MB },
        { ...settings, memory },
      ),
    ).toMatchObject(memory);
  });
});
