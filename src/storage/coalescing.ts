/**
 * One statement for what several ask of it at the same moment: each asks for one item, and all that are asked for until nobody can go on
 * without an answer are sent together. What is asked by one alone is a set of one.
 */

/** One kind of statement that waits to be sent. */
interface Waiting {
  send(): void;
}

/** What was asked of one statement so far. */
class Asked<Item, Result> implements Waiting {
  readonly #items: Item[] = [];
  readonly #answer = Promise.withResolvers<readonly Result[]>();
  readonly #run: (items: readonly Item[]) => Promise<readonly Result[]>;

  constructor(run: (items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#run = run;
  }

  async add(item: Item): Promise<Result> {
    const at = this.#items.push(item) - 1;
    const results = await this.#answer.promise;
    if (at >= results.length) throw new Error("a statement gave fewer results than it was asked for");
    // Cast: the line above says that there is one.
    return results[at] as Result;
  }

  send(): void {
    this.#run(this.#items).then(this.#answer.resolve, this.#answer.reject);
  }
}

export class Coalescing {
  /** By the function that sends the statement, in the order in which they were first asked. */
  #waiting = new Map<unknown, Waiting>();

  /**
   * @param statement what the items are told apart by: those of one are sent together
   * @param run sends it, at once when it is called; gives a result for each item, in their order
   */
  add<Item, Result>(
    statement: unknown,
    run: (items: readonly Item[]) => Promise<readonly Result[]>,
    item: Item,
  ): Promise<Result> {
    // Runs when all promises are settled that can be without the event loop, and so behind everybody's question.
    if (this.#waiting.size === 0) process.nextTick(() => this.flush());
    // Cast: what is kept under a statement was asked of it.
    const asked = (this.#waiting.get(statement) as Asked<Item, Result> | undefined) ?? new Asked(run);
    this.#waiting.set(statement, asked);
    return asked.add(item);
  }

  /** Sends what waits. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const asked of waiting.values()) asked.send();
  }
}
