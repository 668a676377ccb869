/**
 * Transactions. The only way to a query is `tx.within(scope)`, and a scope can only be made in `domain/door/access`.
 * Row-level security is set from the scope when the transaction begins, so a statement without its WHERE still
 * returns no row of another tenant.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import { createFairQueue } from "../lib/fair-queue.ts";
import { Coalescing } from "./coalescing.ts";
import { ConnectionLost } from "./connection-loss.ts";
import { type Connection, type LoopOwners, openPool, type PoolUse } from "./connections.ts";
import type { Engine } from "./engines/engine.ts";
import { isDanglingReference, isDuplicate, postgresError } from "./errors.ts";
import { ENQUEUE, type Job } from "./jobs.ts";
import { type Fate, findFate, tryProof } from "./lost-commit.ts";
import { everything, type RowLimits, type RowScope, settings } from "./row-scope.ts";
import type { Tables } from "./tables.ts";

export type Proof = (tx: Tx) => Promise<unknown>;

/** Sends one statement for any number of items, at once when it is called. @returns a result for each, in their order */
export type SetStatement<Scope extends RowScope, Item, Result> = (
  tx: Tx,
  scope: Scope,
  items: readonly Item[],
) => Promise<readonly Result[]>;

/**
 * An open transaction. Narrowing the scope narrows row-level security with it; it never widens again. Statements started
 * without awaiting one another are pipelined and run in that order.
 */
export class Tx {
  readonly #connection: Connection;
  readonly #beforeCommit: Promise<unknown>[] = [];
  readonly #coalescing = new Coalescing();
  readonly #added = new Set<string>();
  #proof: Proof | null = null;
  #rows: RowLimits;
  /** @param rows what row-level security is set to */
  constructor(connection: Connection, rows: RowLimits) {
    this.#connection = connection;
    this.#rows = rows;
  }

  /** The query builder. Taking the scope is the point: code without one cannot reach a table. */
  within(_scope: RowScope): Kysely<Tables> {
    return this.#connection.builder;
  }

  /**
   * Asks `statement` for one item, together with all others who ask it in this transaction at the same moment.
   * @param statement the same function for all of them
   */
  together<Scope extends RowScope, Item, Result>(
    statement: SetStatement<Scope, Item, Result>,
    scope: Scope,
    item: Item,
  ): Promise<Result> {
    return this.#coalescing.add(statement, (items: readonly Item[]) => statement(this, scope, items), item);
  }

  /** The same of a statement that gives nothing. @returns the item */
  writeTogether<Scope extends RowScope, Item>(
    statement: (tx: Tx, scope: Scope, items: readonly Item[]) => Promise<unknown>,
    scope: Scope,
    item: Item,
  ): Promise<Item> {
    const write = async (items: readonly Item[]): Promise<readonly Item[]> => {
      await statement(this, scope, items);
      return items;
    };
    return this.#coalescing.add(statement, write, item);
  }

  /** Sends what was asked for together, behind which COMMIT can be sent. */
  flush(): void {
    this.#coalescing.flush();
  }

  /**
   * Registers started statements whose results are not needed: COMMIT is pipelined behind them. When one fails nothing is
   * committed, and the transaction fails with its error.
   */
  beforeCommit(...started: Promise<unknown>[]): void {
    this.#beforeCommit.push(...started);
    // Awaited with COMMIT; until then its rejection must not count as unhandled.
    for (const statement of started) statement.catch(() => undefined);
  }

  /** The statements registered with `beforeCommit`. */
  get startedBeforeCommit(): readonly Promise<unknown>[] {
    return this.#beforeCommit;
  }

  /** Says that this transaction adds rows with these ids: nobody else sees one before it ends, nor could delete or add to it. */
  adds(ids: Iterable<string>): void {
    for (const id of ids) this.#added.add(id);
  }

  /** Whether `adds` was told of the id. */
  hasAdded(id: string): boolean {
    return this.#added.has(id);
  }

  /**
   * Says how to find out whether this transaction was committed when its COMMIT gets no answer.
   * @param proof inserts, in another transaction of the same scope, a row that this one inserts: a duplicate once it is committed
   */
  provenBy(proof: Proof): void {
    this.#proof = proof;
  }

  /** What `provenBy` was given. */
  get proof(): Proof | null {
    return this.#proof;
  }

  /** @param backend process id of one. @returns false when it has ended, and with it its transaction */
  async isRunning(backend: number): Promise<boolean> {
    const { rows } = await this.#connection.run("select from pg_stat_activity where pid = $1", [backend]);
    return rows.length > 0;
  }

  /** Narrows row-level security to `scope` for the rest of the transaction. */
  async narrow(scope: RowScope): Promise<void> {
    const statements = settings(this.#rows, scope.rows);
    this.#rows = scope.rows;
    await Promise.all(statements.map((statement) => this.#connection.set(statement)));
  }

  /**
   * Runs one statement, started by `run`, that reads the first rows in the order of an index past a filter. The planner takes the
   * filter and row-level security for stricter than they are, expects fewer rows than the limit, and would rather read and sort all
   * there is: a whole pod, for a page.
   */
  async inIndexOrder<T>(run: () => Promise<T>): Promise<T> {
    const off = this.#connection.command("set local enable_sort = off");
    const rows = run();
    const on = this.#connection.command("set local enable_sort = on");
    const [, result] = await Promise.all([off, rows, on]);
    return result;
  }

  /**
   * Runs statements, started by `run` at once, with one plan for any values. PostgreSQL takes it to look for ten values of each array, and so
   * plans anew whatever looks for one: 0.3 ms for a look-up of 10 µs. For look-ups by keys, which no values make another plan better for.
   */
  async withKeptPlans<T>(run: () => Promise<T>): Promise<T> {
    const on = this.#connection.command("set local plan_cache_mode = force_generic_plan");
    const rows = run();
    const off = this.#connection.command("set local plan_cache_mode = auto");
    const [, result] = await Promise.all([on, rows, off]);
    return result;
  }

  /**
   * Runs `work`, and undoes all that it wrote unless it says to keep it; what it registered before commit among that. What it throws
   * ends the transaction.
   */
  async undoable<T>(work: () => Promise<{ readonly keep: boolean; readonly value: T }>): Promise<T> {
    const begun = this.#connection.command("savepoint undoable");
    const [{ keep, value }] = await Promise.all([work(), begun]);
    await this.#connection.command(`${keep ? "release" : "rollback to"} savepoint undoable`);
    return value;
  }

  /** Enqueues jobs atomically with this transaction. */
  async enqueue(jobs: readonly Job[]): Promise<void> {
    if (jobs.length > 0) await this.#connection.run(ENQUEUE, [JSON.stringify(jobs)]);
  }

  /** NOTIFY at commit. A hint only: delivery is not guaranteed. */
  async notify(channel: string, payload: string): Promise<void> {
    await this.#connection.run("select pg_notify($1, $2)", [channel, payload]);
  }
}

export interface TransactionOptions {
  /**
   * True: done twice it comes to the same, because it changes nothing or finds what it did. It is run again when its COMMIT got
   * no answer. Others say how that is found out (`tx.provenBy`), or fail.
   */
  readonly isRepeatable?: boolean;
  /** True: every statement sees what the first one saw (REPEATABLE READ). For what only reads: a write could not be serialised. */
  readonly seesOneMoment?: boolean;
  /** True: PostgreSQL refuses it every write. Nobody waits for its COMMIT, on which nothing depends, and which leaves with what follows on its connection. */
  readonly isReadOnly?: boolean;
  /** Milliseconds that PostgreSQL may work on each statement; STATEMENT_TIMEOUT_MS when absent. */
  readonly statementMs?: number;
  /**
   * True: its statements look rows up by their keys. Each has one plan for any values, as under `withKeptPlans`, and rows are joined one by one: of an index
   * that it takes for empty, as what few rows have is until the table is analyzed, PostgreSQL would rather read all.
   */
  readonly looksUpKeys?: boolean;
  /** Milliseconds that a statement may wait for a lock, after which it fails as `isLockTimeout`; as long as it may run when absent. */
  readonly lockMs?: number;
}

export interface Database {
  /**
   * Runs `work` in one transaction under `scope`, READ COMMITTED unless the options say otherwise; commits when it resolves, rolls back when it throws.
   * Retried whole (so `work` may run more than once) on deadlock, serialization failure, when a row it points at was
   * deleted or one that it adds was added between two of its statements, and when its COMMIT got no answer and was not done. One that was done without an
   * answer, and can prove it, resolves as any other.
   * @throws QueueFull when the pod's queue for connections is full; ConnectionLost, for a transaction without proof, or about
   *   which nobody can be asked, even if it was committed
   */
  transaction<T>(scope: RowScope, work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Runs a single statement as the system in autocommit mode, without BEGIN and COMMIT.
   * Saves two of three round trips on the two hottest look-ups, a bearer token and an SMTP recipient.
   */
  readOnce<T>(scope: RowScope, work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export { byteaOf, insertion } from "./insertion.ts";

/** `any($1)` for `column =`: one parameter for any number of values, so that one prepared statement serves all. */
export const anyOf = <Value>(values: readonly Value[]): RawBuilder<Value> => sql`any(${[...values]})`;

/** Ids (UUID) as one text: the driver looks for what to escape in each value of an array, which takes longer than a look-up of 200 ids. */
export const uuidArray = (ids: readonly string[]): RawBuilder<string[]> => sql`${`{${ids.join()}}`}::uuid[]`;

/** Bound of a pod's queue for connections, in transactions: beyond it a caller would wait for seconds. */
const MAX_QUEUED = 2000;

/** Deadlocks among ingest batches resolve in one retry; more than this many means something else is wrong. */
const MAX_TRANSACTION_ATTEMPTS = 5;

function isRetryable(error: unknown): boolean {
  const failure = postgresError(error);
  if (failure === null) return false;
  // A foreign key violation means a concurrent delete of the referenced row: the retry finds it gone and fails as not found. A
  // duplicate means a concurrent insert, such as of the same mail by another process: the retry finds the row.
  return ["40001", "40P01"].includes(failure.code) || isDanglingReference(error) || isDuplicate(error);
}

/** See TransactionOptions.looksUpKeys. */
const LOOK_UPS = [
  "set local plan_cache_mode = force_generic_plan",
  "set local enable_hashjoin = off",
  "set local enable_mergejoin = off",
];

interface Beginning {
  readonly begin: string;
  readonly settings: readonly string[];
  readonly isReadOnly: boolean;
}

/** What a transaction under `scope` begins with. */
function beginning(
  { rows }: RowScope,
  { statementMs, lockMs, seesOneMoment, isReadOnly, looksUpKeys }: TransactionOptions,
): Beginning {
  const bounds = [
    ...(statementMs === undefined ? [] : [`set local statement_timeout = ${statementMs}`]),
    ...(lockMs === undefined ? [] : [`set local lock_timeout = ${lockMs}`]),
    ...(looksUpKeys === true ? LOOK_UPS : []),
  ];
  const isolation = seesOneMoment === true ? " isolation level repeatable read" : "";
  const access = isReadOnly === true ? " read only" : "";
  return {
    begin: `begin${isolation}${access}`,
    settings: [...bounds, ...settings(everything, rows)],
    isReadOnly: isReadOnly === true,
  };
}

/** A COMMIT that was sent, on a connection that was lost. */
interface Unanswered {
  readonly loss: ConnectionLost;
  readonly proof: Proof | null;
  readonly backend: number;
}

/** A transaction that went as far as its COMMIT. */
interface Ended<T> {
  readonly result: T;
  /** Null when the COMMIT was answered. */
  readonly unanswered: Unanswered | null;
}

const SWALLOWED = "a statement failed and its error was swallowed";

/** Sends BEGIN without awaiting it: the statements of `work` are pipelined behind it. */
async function inTransaction<T>(
  connection: Connection,
  { begin, settings, isReadOnly }: Beginning,
  scope: RowScope,
  work: (tx: Tx) => Promise<T>,
): Promise<Ended<T>> {
  const begun = Promise.all([connection.command(begin), ...settings.map((one) => connection.set(one))]);
  const tx = new Tx(connection, scope.rows);
  const [result] = await Promise.all([work(tx), begun]).catch(async (error: unknown) => {
    // If it fails the connection is closed, which rolls back as well.
    await connection.end("rollback").catch(() => undefined);
    throw error;
  });
  tx.flush();
  if (isReadOnly) {
    await Promise.all(tx.startedBeforeCommit).finally(() => connection.leave());
    if (connection.hasFailed()) throw new Error(SWALLOWED);
    return { result, unanswered: null };
  }
  try {
    const [{ command }] = await Promise.all([connection.end("commit"), ...tx.startedBeforeCommit]);
    if (command !== "COMMIT") throw new Error(SWALLOWED);
    return { result, unanswered: null };
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    return { result, unanswered: { loss: error, proof: tx.proof, backend: connection.backend } };
  }
}

type Once = <T>(
  scope: RowScope,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions,
) => Promise<Ended<T>>;

/** @returns null where there is no proof */
async function fateOf(once: Once, scope: RowScope, { proof, backend }: Unanswered): Promise<Fate | null> {
  if (proof === null) return null;
  return findFate(() =>
    tryProof({ proof, backend }, (attempt, statementMs) => once(scope, attempt, { statementMs })),
  );
}

export interface PooledDatabase extends Database {
  /** How its pools are used now. Requests that wait for a connection count with that of their role. */
  pools(): readonly PoolUse[];
  /** Opens the connections that stay, and has each look at these tables, so that nobody waits for it later. */
  fill(tables: readonly (keyof Tables)[]): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections of each pool that stay, however long nobody needs them. */
  readonly kept?: number;
  /** Is told whose answers come in. */
  readonly loop?: LoopOwners;
}

/**
 * Opens the two pools requests and workers use. `connections` bounds each of them.
 * rookery_app is held to the scope by row-level security; rookery_worker sees all rows and serves system scopes only.
 * Requests get connections from a fair queue per pod, so that one tenant's load delays only itself.
 */
export function openDatabase(
  engine: Engine,
  connections: number,
  { kept = 0, loop }: DatabaseOptions = {},
): PooledDatabase {
  const open = (role: string) => openPool(engine, { role, max: connections, kept, loop: loop ?? null });
  const [app, worker] = [open("rookery_app"), open("rookery_worker")];
  const queue = createFairQueue(connections, MAX_QUEUED);
  const once: Once = async (scope, work, options) => {
    // Before there is a connection to give back: this throws for what is no UUID.
    const begins = beginning(scope, options);
    if (scope.rows.system) return inTransaction(await worker.take(options.statementMs), begins, scope, work);
    const tenant = scope.rows.podId ?? scope.rows.organizationId;
    return queue.during(tenant, async () =>
      inTransaction(await app.take(options.statementMs), begins, scope, work),
    );
  };
  return {
    async transaction(scope, work, options = {}) {
      for (let attempt = 1; ; attempt++) {
        try {
          const { result, unanswered } = await once(scope, work, options);
          if (unanswered === null) return result;
          const fate = await fateOf(once, scope, unanswered);
          if (fate === "committed") return result;
          const mayRepeat = fate === "aborted" || options.isRepeatable === true;
          if (!mayRepeat || attempt >= MAX_TRANSACTION_ATTEMPTS) throw unanswered.loss;
        } catch (error) {
          if (attempt >= MAX_TRANSACTION_ATTEMPTS || !isRetryable(error)) throw error;
        }
      }
    },
    async readOnce(scope, work) {
      if (!scope.rows.system) throw new Error("only the system may read outside a transaction");
      const connection = await worker.take();
      try {
        return await work(new Tx(connection, scope.rows));
      } finally {
        connection.release();
      }
    },
    pools: () => [app.use(queue.waiting()), worker.use(0)],
    async fill(tables) {
      await app.fill(tables);
      await worker.fill(tables);
    },
    async close() {
      await Promise.all([app.close(), worker.close()]);
    },
  };
}
