/** A progress bar on standard error; none when that is no terminal. */
import { SingleBar } from "cli-progress";

export interface Progress {
  /** @param count units that are done besides; one when absent */
  step(what: string, count?: number): void;
  /** Leaves the bar as it is, once. */
  end(): void;
}

/** @param total units that there are to do */
export function createProgress(total: number): Progress {
  const bar = barWith("{bar} {value}/{total} {what}");
  bar.start(total, 0, { what: "" });
  return {
    step: (what, count = 1) => bar.increment(count, { what }),
    end: () => {
      if (bar.isActive) bar.stop();
    },
  };
}

/** For what has no known end: shows how much there is so far, from the first step on. */
export function createCount(): Progress {
  const bar = barWith("{what} {value}");
  return {
    step(what, count = 1) {
      if (!bar.isActive) bar.start(Number.MAX_SAFE_INTEGER, 0, { what });
      bar.increment(count, { what });
    },
    end: () => {
      if (bar.isActive) bar.stop();
    },
  };
}

const barWith = (format: string): SingleBar =>
  new SingleBar({ format, hideCursor: true, noTTYOutput: false, stream: process.stderr });
