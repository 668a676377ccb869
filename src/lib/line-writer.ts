/** Lines for a file descriptor: what cannot be written waits, and is lost beyond a bound, but neither ends the process nor stops it. */
import { constants, fstatSync, openSync, write, writeSync } from "node:fs";

export interface LineWriter {
  /** @param line with its end */
  write(line: string): void;
  /** Writes what waits, for half a second at most: for the end of the process. Nothing is written afterwards. */
  end(): void;
}

export interface LineWriterParts {
  readonly descriptor: number;
  /** @returns what is said of so many lines that were lost, with its end */
  readonly lostLine: (lines: number) => string;
}

/** Bytes that wait for a disk that is full or a reader that is behind: some ten thousand lines. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** Milliseconds until a write that failed is tried again: a pipe of 64 KB then takes 1 MB a second, and a full disk costs nothing. */
const RETRY_MS = 50;
/** Such tries at the end of the process. */
const LAST_TRIES = 10;

/**
 * pino's own writer (sonic-boom) ends the process when the disk is full (ENOSPC), keeps without a bound what a reader does not
 * take, and at the end of the process tries for ever.
 */
export function createLineWriter({ descriptor: given, lostLine }: LineWriterParts): LineWriter {
  const descriptor = unblocked(given);
  let lines: string[] = [];
  let waitingBytes = 0;
  let lost = 0;
  /** Of the piece whose turn it is. */
  let rest: Buffer = NOTHING;
  let state: "idle" | "writing" | "waiting" | "ended" = "idle";
  const takeLines = (): void => {
    if (rest.byteLength > 0) return;
    rest = Buffer.from([...lines, ...(lost > 0 ? [lostLine(lost)] : [])].join(""));
    [lines, waitingBytes, lost] = [[], 0, 0];
  };
  const next = (): void => {
    if (state === "ended") return;
    takeLines();
    state = rest.byteLength > 0 ? "writing" : "idle";
    if (state === "idle") return;
    write(descriptor, rest, (error, written) => {
      if (state === "ended") return;
      if (error === null) {
        rest = rest.subarray(written);
        next();
        return;
      }
      // There is nowhere to tell of it.
      state = "waiting";
      setTimeout(next, RETRY_MS).unref();
    });
  };
  return {
    write(line) {
      const bytes = Buffer.byteLength(line);
      if (waitingBytes + bytes > MAX_WAITING_BYTES) lost++;
      else {
        lines.push(line);
        waitingBytes += bytes;
      }
      if (state === "idle") next();
    },
    end() {
      // What is being written belongs to the thread that writes it.
      if (state === "writing") rest = NOTHING;
      state = "ended";
      let tries = 0;
      takeLines();
      while (rest.byteLength > 0 && tries < LAST_TRIES) {
        const written = tryToWrite(descriptor, rest);
        if (written === 0 && ++tries < LAST_TRIES) Atomics.wait(SLEEP, 0, 0, RETRY_MS);
        rest = rest.subarray(written);
        takeLines();
      }
    },
  };
}

const NOTHING = Buffer.alloc(0);
/** Nothing ever wakes who waits for it. */
const SLEEP = new Int32Array(new SharedArrayBuffer(4));

/** A pipe that nobody reads would keep a thread, for which the end of the process waits. Opened anew, it says so instead (EAGAIN). */
function unblocked(descriptor: number): number {
  try {
    if (!fstatSync(descriptor).isFIFO()) return descriptor;
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Another system than Linux, or a pipe of another account's.
    return descriptor;
  }
}

/** @returns bytes written: none when it failed */
function tryToWrite(descriptor: number, bytes: Buffer): number {
  try {
    return writeSync(descriptor, bytes);
  } catch {
    return 0;
  }
}
