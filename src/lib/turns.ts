/** A semaphore with a queue, first come first served. */
export interface Turns {
  run<Result>(act: () => Promise<Result>): Promise<Result>;
}

export function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async run(act) {
      if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
      else running++;
      try {
        return await act();
      } finally {
        // The permit is passed on, so that a new caller cannot overtake the queue.
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
  };
}
