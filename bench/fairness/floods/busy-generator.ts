/** A control: a generator that takes all the CPU it gets and asks nothing. What it costs the others is the generator's own share. */
import type { Flood } from "../flood.ts";

/** Milliseconds of computing between two looks at whether it is over. */
const SPIN_MS = 20;

export const busyGenerator: Flood = {
  name: "busy-generator",
  promise: "none: a control, which shows what the load generator takes by itself",
  prepare: async () => ({}),
  async start() {
    let over = false;
    const spin = (): void => {
      for (const end = performance.now() + SPIN_MS; performance.now() < end; );
      if (!over) setImmediate(spin);
    };
    spin();
    const stop = async (): Promise<void> => {
      over = true;
    };
    return { done: () => 0, stop };
  },
};
