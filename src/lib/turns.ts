/** Lets so many at a time; the others wait, first come first served. */
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
        // The place is handed on, so that nobody who comes now is before those who wait.
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
  };
}
