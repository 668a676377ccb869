/**
 * Threads for work that would hold the event loop: few, started when there is work, ended when there is none for a while.
 * A thread does one thing at a time; one that fails, takes too long or too much memory is ended, and another takes its place.
 */
import { Worker } from "node:worker_threads";

export interface ThreadPoolOptions {
  /** Module that answers each message with a ThreadAnswer. */
  readonly entry: URL;
  /** At once; what is beyond waits its turn. */
  readonly threads: number;
  /** Of JavaScript's heap, each; bytes in buffers are not counted. */
  readonly heapMegabytes: number;
  /** For one piece of work, from when a thread takes it. */
  readonly timeoutMs: number;
  /** After which a thread without work is ended. */
  readonly idleMs: number;
}

export interface ThreadPool {
  /** @throws ThreadFailure when the thread did not answer, Error with the text of what the work itself threw */
  run(input: unknown): Promise<unknown>;
  /** Ends all threads; work under way fails. */
  close(): Promise<void>;
}

export type ThreadAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly message: string };

/** The work was not done, and nobody knows whether it could be. */
export class ThreadFailure extends Error {
  override readonly name = "ThreadFailure";
}

interface Work {
  readonly input: unknown;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export function createThreadPool(options: ThreadPoolOptions): ThreadPool {
  const threads = new Set<Thread>();
  const waiting: Work[] = [];
  let isClosed = false;
  const next = (): void => {
    while (waiting.length > 0) {
      const thread = [...threads].find(({ isBusy }) => !isBusy) ?? start();
      if (thread === null) return;
      const work = waiting.shift();
      if (work !== undefined) thread.take(work);
    }
  };
  const start = (): Thread | null => {
    if (threads.size >= options.threads) return null;
    const thread = new Thread(options, next, () => {
      threads.delete(thread);
      next();
    });
    threads.add(thread);
    return thread;
  };
  return {
    run: (input) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(new ThreadFailure("the threads have been ended"));
        waiting.push({ input, resolve, reject });
        next();
      }),
    async close() {
      isClosed = true;
      for (const work of waiting.splice(0)) work.reject(new ThreadFailure("the threads have been ended"));
      await Promise.all([...threads].map((thread) => thread.end("it was ended")));
    },
  };
}

class Thread {
  readonly #options: ThreadPoolOptions;
  readonly #worker: Worker;
  readonly #onFree: () => void;
  readonly #onGone: () => void;
  #work: Work | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isGone = false;

  constructor(options: ThreadPoolOptions, onFree: () => void, onGone: () => void) {
    this.#options = options;
    this.#onFree = onFree;
    this.#onGone = onGone;
    this.#worker = new Worker(options.entry, {
      resourceLimits: { maxOldGenerationSizeMb: options.heapMegabytes },
    });
    this.#worker.on("message", (answer: ThreadAnswer) => this.#answered(answer));
    this.#worker.on("error", (error) => void this.end(error.message));
    this.#worker.on("exit", (code) => void this.end(`it ended with ${code}`));
    // Whoever waits for an answer keeps the process alive, an idle thread does not.
    this.#worker.unref();
  }

  get isBusy(): boolean {
    return this.#work !== null;
  }

  take(work: Work): void {
    this.#work = work;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.end("it took too long"), this.#options.timeoutMs);
    this.#worker.postMessage(work.input);
  }

  #answered(answer: ThreadAnswer): void {
    const work = this.#work;
    this.#work = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.end("it had no work"), this.#options.idleMs).unref();
    if (answer.ok) work?.resolve(answer.result);
    else work?.reject(new Error(answer.message));
    this.#onFree();
  }

  /** Fails what is under way. Its place is free at once: the thread itself takes a moment to end. */
  async end(why: string): Promise<void> {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#timer);
    this.#work?.reject(new ThreadFailure(`a thread gave no answer: ${why}`));
    this.#onGone();
    await this.#worker.terminate();
  }
}
