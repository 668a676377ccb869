/**
 * Transactions. The only way to a query is `tx.within(scope)`, and a scope can only be made in `domain/door/access`.
 * Row-level security is set from the scope when the transaction begins, so a statement without its WHERE still
 * returns no row of another tenant.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import pg from "pg";
import { createFairQueue } from "../lib/fair-queue.ts";
import { type Connection, openPool } from "./connections.ts";
import type { Engine } from "./engines/engine.ts";
import { ENQUEUE, type Job } from "./jobs.ts";
import type { Tables } from "./tables.ts";

/** Which rows a transaction may touch. Extended once, in `domain/door/access/scope.ts`; no other file may import it as a value. */
export abstract class RowScope {
  readonly #rows: RowLimits;
  protected constructor(rows: RowLimits) {
    this.#rows = rows;
  }
  /** What row-level security is set to. */
  get rows(): RowLimits {
    return this.#rows;
  }
}

/** `system`: every row, for workers and ingest. Otherwise ids (UUID); null means "not narrowed to one". */
export type RowLimits =
  | { readonly system: true }
  | {
      readonly system: false;
      readonly organizationId: string;
      readonly podId: string | null;
      readonly inboxId: string | null;
    };

/**
 * An open transaction. Narrowing the scope narrows row-level security with it; it never widens again. Statements started
 * without awaiting one another are pipelined and run in that order.
 */
export class Tx {
  readonly #connection: Connection;
  readonly #last: Promise<unknown>[] = [];
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The query builder. Taking the scope is the point: code without one cannot reach a table. */
  within(_scope: RowScope): Kysely<Tables> {
    return this.#connection.builder;
  }

  /**
   * Registers started statements whose results are not needed: COMMIT is pipelined behind them. When one fails nothing is
   * committed, and the transaction fails with its error.
   */
  last(...started: Promise<unknown>[]): void {
    this.#last.push(...started);
    // Awaited with COMMIT; until then its rejection must not count as unhandled.
    for (const statement of started) statement.catch(() => undefined);
  }

  /** The statements registered with `last`. */
  get lastStarted(): readonly Promise<unknown>[] {
    return this.#last;
  }

  /** Narrows row-level security to `scope` for the rest of the transaction. */
  async narrow(scope: RowScope): Promise<void> {
    await this.#connection.run(SET_SCOPE, settings(scope.rows));
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

export interface Database {
  /**
   * Runs `work` in one READ COMMITTED transaction under `scope`; commits when it resolves, rolls back when it throws.
   * Retried whole (so `work` may run more than once) on deadlock, serialization failure and when a row it points at was
   * deleted between two of its statements.
   * @throws QueueFull when the pod's queue for connections is full
   */
  transaction<T>(scope: RowScope, work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Runs a single statement as the system in autocommit mode, without BEGIN and COMMIT.
   * Saves two of three round trips on the two hottest look-ups, a bearer token and an SMTP recipient.
   */
  lookUp<T>(scope: RowScope, work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** `any($1)` for `column =`: one parameter for any number of values, so that one prepared statement serves all. */
export const anyOf = <Value>(values: readonly Value[]): RawBuilder<Value> => sql`any(${[...values]})`;

/**
 * `insert into table (columns) select ...` of at least one row, all of one shape: one parameter and one prepared statement
 * for any number. It names its columns, so that a newer version may add one.
 */
export function insertion(
  table: keyof Tables,
  rows: readonly Readonly<Record<string, unknown>>[],
): RawBuilder<unknown> {
  const columns = sql.join(Object.keys(rows[0] ?? {}).map((column) => sql.ref(column)));
  return sql`insert into ${sql.table(table)} (${columns})
    select ${columns} from json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)})`;
}

/** SQLSTATE of an error raised by PostgreSQL, with the constraint it names, or null for any other error. */
export function postgresError(error: unknown): { code: string; constraint: string | null } | null {
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return null;
  return { code: error.code, constraint: error.constraint ?? null };
}

/** True for a foreign key violation: the referenced row is gone. */
export const isDanglingReference = (error: unknown): boolean => postgresError(error)?.code === "23503";

/** Bound of a pod's queue for connections, in transactions: beyond it a caller would wait for seconds. */
const MAX_QUEUED = 2000;

/** Deadlocks among ingest batches resolve in one retry; more than this many means something else is wrong. */
const MAX_TRANSACTION_ATTEMPTS = 5;

function isRetryable(error: unknown): boolean {
  const failure = postgresError(error);
  if (failure === null) return false;
  // A foreign key violation means a concurrent delete of the referenced row: the retry finds it gone and fails as not found.
  return ["40001", "40P01"].includes(failure.code) || isDanglingReference(error);
}

/** Read by the policies, for the rest of the transaction. */
const SET_SCOPE =
  "select set_config('rookery.organization_id', $1, true), set_config('rookery.pod_id', $2, true), set_config('rookery.inbox_id', $3, true)";

function settings(rows: RowLimits): [string, string, string] {
  return rows.system ? ["", "", ""] : [rows.organizationId, rows.podId ?? "", rows.inboxId ?? ""];
}

/** Sends BEGIN without awaiting it: the statements of `work` are pipelined behind it. */
async function inTransaction<T>(
  connection: Connection,
  scope: RowScope,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const begun = [connection.run("begin")];
  if (!scope.rows.system) begun.push(connection.run(SET_SCOPE, settings(scope.rows)));
  const tx = new Tx(connection);
  const [result] = await Promise.all([work(tx), ...begun]).catch(async (error: unknown) => {
    // If it fails the connection is closed, which rolls back as well.
    await connection.end("rollback").catch(() => undefined);
    throw error;
  });
  const [{ command }] = await Promise.all([connection.end("commit"), ...tx.lastStarted]);
  if (command !== "COMMIT") throw new Error("a statement failed and its error was swallowed");
  return result;
}

/**
 * Opens the two pools requests and workers use. `connections` bounds each of them.
 * rookery_app is held to the scope by row-level security; rookery_worker sees all rows and serves system scopes only.
 * Requests get connections from a fair queue per pod, so that one tenant's load delays only itself.
 */
export function openDatabase(engine: Engine, connections: number): Database {
  const app = openPool(engine, "rookery_app", connections);
  const worker = openPool(engine, "rookery_worker", connections);
  const queue = createFairQueue(connections, MAX_QUEUED);
  const once = async <T>(scope: RowScope, work: (tx: Tx) => Promise<T>): Promise<T> => {
    if (scope.rows.system) return inTransaction(await worker.take(), scope, work);
    const tenant = scope.rows.podId ?? scope.rows.organizationId;
    await queue.acquire(tenant);
    try {
      return await inTransaction(await app.take(), scope, work);
    } finally {
      queue.release(tenant);
    }
  };
  return {
    async transaction(scope, work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(scope, work);
        } catch (error) {
          if (attempt >= MAX_TRANSACTION_ATTEMPTS || !isRetryable(error)) throw error;
        }
      }
    },
    async lookUp(scope, work) {
      if (!scope.rows.system) throw new Error("only the system may read outside a transaction");
      const connection = await worker.take();
      try {
        return await work(new Tx(connection));
      } finally {
        connection.release();
      }
    },
    async close() {
      await Promise.all([app.close(), worker.close()]);
    },
  };
}
