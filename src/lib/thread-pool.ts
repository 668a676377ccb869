/**
 * A pool of worker threads for work that would block the event loop, started on demand and ended when idle. A thread has
 * one task at a time; one that fails, times out or exceeds its heap is terminated and replaced.
 */
import { Worker } from "node:worker_threads";

export interface ThreadPoolOptions {
  /** Module that answers each message with a ThreadAnswer. */
  readonly entry: URL;
  /** Size of the pool; further tasks are queued. */
  readonly threads: number;
  /** JavaScript heap of each; buffers are outside it and not counted. */
  readonly heapMegabytes: number;
  /** Timeout of one task, from when a thread takes it. */
  readonly timeoutMs: number;
  /** Idle time after which a thread is ended. */
  readonly idleMs: number;
}

export interface ThreadPool {
  /** @throws ThreadFailure when the thread failed, Error with the message of what the task itself threw */
  run(input: unknown): Promise<unknown>;
  /** Ends all threads; running tasks fail. */
  close(): Promise<void>;
}

export type ThreadAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly message: string };

/** The task was not completed, and whether it could be is unknown. */
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
    // An idle thread must not keep the process alive.
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

  /** Fails the current task. Its slot is free at once: terminating the thread takes a moment. */
  async end(why: string): Promise<void> {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#timer);
    this.#work?.reject(new ThreadFailure(`a thread gave no answer: ${why}`));
    this.#onGone();
    await this.#worker.terminate();
  }
}
