/** A progress bar on standard error; none when that is no terminal. */
import { SingleBar } from "cli-progress";

export interface Progress {
  step(what: string): void;
  /** Leaves the bar as it is, once. */
  end(): void;
}

export function createProgress(steps: number): Progress {
  const bar = new SingleBar({
    format: "{bar} {value}/{total} {what}",
    hideCursor: true,
    noTTYOutput: false,
    stream: process.stderr,
  });
  bar.start(steps, 0, { what: "" });
  return {
    step: (what) => bar.increment(1, { what }),
    end: () => {
      if (bar.isActive) bar.stop();
    },
  };
}
