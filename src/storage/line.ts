/**
 * Lines to PostgreSQL that fall silent. A router that forgets a connection, or a server that vanishes, ends nothing: the
 * socket stays open and no answer ever comes. So connecting and waiting have deadlines of our own, and a line that misses
 * one is cut: the connection is lost, which every caller understands. See docs/decisions/0021-silent-lines.md.
 */
import pg from "pg";
import { settlesWithin } from "../lib/settles-within.ts";
import type { Engine } from "./engines/engine.ts";

/** Until a new connection takes statements, milliseconds: 1,000 times what it takes on one machine. */
export const CONNECT_TIMEOUT_MS = 5000;
/** PostgreSQL's own bound of a statement, milliseconds. The slowest ordinary one takes a second; a caller waits no longer than this. */
export const STATEMENT_TIMEOUT_MS = 15_000;
/** How much longer than PostgreSQL's own bound an answer is waited for, milliseconds: its error must be able to arrive. */
const ANSWER_GRACE_MS = 5000;
/** Before the kernel asks whether an idle connection's other end is still there, milliseconds. */
const KEEP_ALIVE_MS = 10_000;

/**
 * Before an idle connection is ended, milliseconds. The next one costs a process of PostgreSQL's and each statement's plan anew, 20 ms and
 * more for whoever needs it; and one kept costs a few megabytes, of as many as there may be.
 */
const IDLE_MS = 5 * 60_000;

/** As pg.Client, with a deadline for connecting. The pool's own option would bound the wait for a free connection as well. */
class TimedClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  }
}

/** What every connection to the engine begins with. */
const configOf = (engine: Engine): pg.ClientConfig => ({
  ...engine.connection,
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
});

/** A connection of its own. An error event on it is handled by whoever awaits its statements, or its end. */
export function clientOf(engine: Engine, config: pg.ClientConfig = {}): pg.Client {
  const client = new TimedClient({ ...configOf(engine), ...config });
  client.on("error", () => undefined);
  return client;
}

/** Runs `work` on a connection of its own, each of whose statements has a deadline; and ends it. */
export async function onConnection<Result>(
  engine: Engine,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = clientOf(engine, { query_timeout: STATEMENT_TIMEOUT_MS });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Settings of a pool on the engine, whose connections have no JIT compilation, which distributions switch on: it costs 100 to 500 ms, again for each
 * execution, where PostgreSQL takes one of our short queries for an expensive one. @param settings PostgreSQL's settings of each connection, by name
 */
export const poolConfig = (
  engine: Engine,
  config: pg.PoolConfig,
  settings: Readonly<Record<string, string | number>> = {},
): pg.PoolConfig => ({
  ...configOf(engine),
  idleTimeoutMillis: IDLE_MS,
  ...config,
  Client: TimedClient,
  options: Object.entries({ jit: "off", ...vanishedClients, ...settings })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" "),
});

/**
 * Has PostgreSQL notice in some 20 seconds that we are gone, and release what we locked: on its side of a TCP connection
 * that is cut without a word (15 minutes to 2 hours otherwise), and in the middle of a transaction of a process that was
 * stopped (for ever otherwise). A transaction of ours never waits for anything but PostgreSQL.
 */
const vanishedClients = {
  idle_in_transaction_session_timeout: 5000,
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 3,
  tcp_keepalives_count: 3,
  tcp_user_timeout: 15_000,
};

/** Ends a connection at once; its statements fail as those of a lost one. */
export const cut = (client: pg.Client): void => void client.connection.stream.destroy();

/**
 * To be called before the pool connects.
 * @returns ends the pool, and waits for what holds its connections; those that are still held after `ms` milliseconds are cut
 */
export function endOf(pool: pg.Pool): (ms: number) => Promise<void> {
  const clients = new Set<pg.Client>();
  pool.on("connect", (client) => {
    clients.add(client);
    client.once("end", () => clients.delete(client));
  });
  return async (ms) => {
    const ended = pool.end();
    if (await settlesWithin(ms, ended)) return;
    clients.forEach(cut);
    await ended;
  };
}

/** Cuts a line on which statements stay without an answer. */
export class SilenceWatch {
  readonly #client: pg.Client;
  readonly #onSilence: () => void;
  #limitMs = 0;
  #unanswered = 0;
  #heardAt = performance.now();
  #timer: NodeJS.Timeout | null = null;

  /** @param onSilence told when the line was cut */
  constructor(client: pg.Client, onSilence: () => void = () => undefined) {
    this.#client = client;
    this.#onSilence = onSilence;
    this.bound(STATEMENT_TIMEOUT_MS);
  }

  /** When the other end was last heard of, in milliseconds of performance.now(). */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** @param statementMs how long PostgreSQL may work on the statements from now on */
  bound(statementMs: number): void {
    this.#limitMs = statementMs + ANSWER_GRACE_MS;
    // One that was set by a longer bound would ring late.
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#unanswered > 0) this.#arm(this.#limitMs);
  }

  get isWaiting(): boolean {
    return this.#unanswered > 0;
  }

  /** Sends a statement, and watches until it is answered. */
  async during<T>(send: () => Promise<T>): Promise<T> {
    this.sent();
    try {
      return await send();
    } finally {
      this.answered();
    }
  }

  /** A statement was sent. */
  sent(): void {
    if (this.#unanswered++ === 0) this.#heardAt = performance.now();
    // One timer for many statements: it looks, when it rings, how long the silence has lasted.
    if (this.#timer === null) this.#arm(this.#limitMs);
  }

  /** A statement was answered, or its connection lost. */
  answered(): void {
    this.#unanswered--;
    this.#heardAt = performance.now();
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#look(() => setImmediate(() => this.#look(() => this.#end())));
    }, ms).unref();
  }

  /** @param act what is done when nothing was heard for too long. Twice: a process that was stopped reads its sockets in between */
  #look(act: () => void): void {
    if (this.#unanswered === 0) return;
    const leftMs = this.#heardAt + this.#limitMs - performance.now();
    if (leftMs > 0) this.#arm(leftMs);
    else act();
  }

  #end(): void {
    this.#onSilence();
    cut(this.#client);
  }
}

/** Milliseconds between questions on a connection that waits for notices or holds a lock: nothing else shows that its line is silent. */
const QUESTION_MS = 5000;

/** Asks PostgreSQL for nothing, as long as the client is connected, whenever it was not heard of for a while. @param isWanted false while somebody else may use the client */
export function askWhileIdle(client: pg.Client, silence: SilenceWatch, isWanted = () => true): void {
  const timer = setInterval(() => {
    if (silence.isWaiting || performance.now() - silence.heardAt < QUESTION_MS || !isWanted()) return;
    // An error is the connection's loss, which its holder learns by the event.
    silence.during(() => client.query("select")).catch(() => undefined);
  }, QUESTION_MS).unref();
  client.once("end", () => clearInterval(timer));
}
