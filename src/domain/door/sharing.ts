/** What runs of operations that share a transaction know of each other. See docs/decisions/0062-group-commit-of-sends.md. */
import { Failure } from "./failures.ts";

/**
 * One run's part in a transaction. Alone it waits for nobody. Whatever a run that shares one does, nothing is written before all are
 * settled: until then a refusal is its own, and afterwards what fails has each of them run again alone.
 */
export interface Sharing {
  /** Whether others run in the same transaction: what waits for a lock would have all of them wait. */
  readonly isShared: boolean;
  /** Resolves when all the others wait here as well, or have ended: what they ask for next is asked for together. */
  inStep(): Promise<void>;
  /** The same, for the last time: nothing is refused any more. To be called before the first write. */
  settled(): Promise<void>;
  /** Takes what only one of them may change, by a name; a run that comes second is done again alone. */
  claim(name: string): void;
  /** Ends the run, which is done again alone: when it would wait for a lock, or found that somebody else came first. */
  leave(): never;
}

/** Ends a run without saying that it failed. Only the door throws and catches it. */
export class EndOfRun extends Error {}

/** It is to be done again, in a transaction of its own. */
export class RunAgain extends EndOfRun {
  constructor() {
    super("the run is done again alone");
  }
}

/** Of a run: what it gave, or what refused or ended it. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** A transaction's runs. */
export class Sharers {
  readonly #isShared: boolean;
  readonly #claimed = new Set<string>();
  #waiting: (() => void)[] = [];
  #running: number;

  /** @param count of runs that have begun */
  constructor(count: number) {
    this.#running = count;
    this.#isShared = count > 1;
  }

  /**
   * Lets one of them run.
   * @returns what it gave, or what refused or ended it before it was settled; all else is thrown, and is the end of the transaction
   */
  async run<T>(work: (sharing: Sharing) => Promise<T>): Promise<Outcome<T>> {
    let isSettled = !this.#isShared;
    const sharing: Sharing = {
      isShared: this.#isShared,
      inStep: () => this.#inStep(),
      settled: async () => {
        await this.#inStep();
        isSettled = true;
      },
      claim: (name) => {
        if (this.#claimed.has(name)) throw new RunAgain();
        this.#claimed.add(name);
      },
      leave: () => {
        throw new RunAgain();
      },
    };
    try {
      return { value: await work(sharing) };
    } catch (error) {
      if (isSettled || !(error instanceof Failure || error instanceof EndOfRun)) throw error;
      return { error };
    } finally {
      this.#running--;
      this.#goOn();
    }
  }

  #inStep(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#goOn();
    return promise;
  }

  #goOn(): void {
    if (this.#waiting.length < this.#running) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
