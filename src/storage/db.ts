/**
 * Transactions. The only way to a query is `tx.within(scope)`, and a scope can only be made in `domain/access`.
 * Row-level security is set from the scope when the transaction begins, so a statement that forgets its WHERE still
 * sees nothing of others'.
 */
import { CompiledQuery, Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Engine } from "./engines/engine.ts";
import type { Tables } from "./tables.ts";

/** Which rows a transaction may touch. Extended once, in `domain/access/scope.ts`; nobody else may import it as a value. */
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

/** A job to run after commit. The payload carries ids, never content. */
export interface Job {
  readonly task: string;
  readonly payload: Readonly<Record<string, string | number | null>>;
  /** Jobs of one queue run one after the other. */
  readonly queue?: string;
  readonly runAt?: Date;
  readonly maxAttempts?: number;
  /** A second job with the same key replaces the first. */
  readonly key?: string;
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An open transaction. Narrowing the scope narrows row-level security with it; it never widens again. */
export class Tx {
  readonly #handle: Kysely<Tables>;
  constructor(handle: Kysely<Tables>) {
    this.#handle = handle;
  }

  /** The query builder. Taking the scope is the point: code without one cannot reach a table. */
  within(_scope: RowScope): Kysely<Tables> {
    return this.#handle;
  }

  /** Narrows row-level security to `scope` for the rest of the transaction. */
  async narrow(scope: RowScope): Promise<void> {
    await this.#handle.executeQuery(CompiledQuery.raw(settings(scope.rows)));
  }

  /** Adds jobs that exist if and only if this transaction commits. */
  async enqueue(jobs: readonly Job[]): Promise<void> {
    if (jobs.length === 0) return;
    await this.#handle.executeQuery(CompiledQuery.raw("select rookery_enqueue($1)", [JSON.stringify(jobs)]));
  }

  /** Wakes listeners of a channel at commit. A hint only: nobody may rely on its arrival. */
  async notify(channel: string, payload: string): Promise<void> {
    await this.#handle.executeQuery(CompiledQuery.raw("select pg_notify($1, $2)", [channel, payload]));
  }
}

export interface Database {
  /**
   * Runs `work` in one READ COMMITTED transaction under `scope`; commits when it resolves, rolls back when it throws.
   * Retried whole (so `work` may run more than once) on deadlock, serialization failure and a blob that was swept
   * between two of its statements.
   */
  transaction<T>(scope: RowScope, work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Runs `work` as the system without BEGIN and COMMIT: for a single statement, which is a transaction of its own.
   * Saves two of three round trips on the two hottest look-ups, a bearer token and an SMTP recipient.
   */
  lookUp<T>(scope: RowScope, work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** SQLSTATE of an error raised by PostgreSQL, with the constraint it names, or null for any other error. */
export function postgresError(error: unknown): { code: string; constraint: string | null } | null {
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return null;
  return { code: error.code, constraint: error.constraint ?? null };
}

/** Deadlocks among ingest batches resolve in one retry; more than this many means something else is wrong. */
const MAX_TRANSACTION_ATTEMPTS = 5;

function isRetryable(error: unknown): boolean {
  const failure = postgresError(error);
  if (failure === null) return false;
  if (failure.code === "40001" || failure.code === "40P01") return true;
  return failure.code === "23503" && /_blob$/.test(failure.constraint ?? "");
}

function settings(rows: RowLimits): string {
  if (rows.system) return "select 1";
  const set = (name: string, value: string | null): string => {
    // Simple-protocol text cannot carry parameters beside BEGIN, so the value is written in; only a UUID may be.
    if (value !== null && !uuidPattern.test(value)) throw new Error(`scope ${name} is not a UUID`);
    return `set_config('rookery.${name}', '${value ?? ""}', true)`;
  };
  return `select ${set("organization_id", rows.organizationId)}, ${set("pod_id", rows.podId)}, ${set("inbox_id", rows.inboxId)}`;
}

function connect(engine: Engine, role: string, max: number): Kysely<Tables> {
  const pool = new pg.Pool({ ...engine.connection, max, options: `-c role=${role}`, application_name: role });
  // A connection that dies while idle is replaced by the pool; without a listener it would end the process.
  pool.on("error", () => undefined);
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/**
 * Opens the two pools requests and workers use. `connections` bounds each of them.
 * rookery_app is held to the scope by row-level security; rookery_worker sees all rows and serves system scopes only.
 */
export function openDatabase(engine: Engine, connections: number): Database {
  const app = connect(engine, "rookery_app", connections);
  const worker = connect(engine, "rookery_worker", connections);
  const once = async <T>(scope: RowScope, work: (tx: Tx) => Promise<T>): Promise<T> =>
    (scope.rows.system ? worker : app).connection().execute(async (handle) => {
      await handle.executeQuery(CompiledQuery.raw(`begin; ${settings(scope.rows)}`));
      try {
        const result = await work(new Tx(handle));
        await handle.executeQuery(CompiledQuery.raw("commit"));
        return result;
      } catch (error) {
        await handle.executeQuery(CompiledQuery.raw("rollback"));
        throw error;
      }
    });
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
      return work(new Tx(worker));
    },
    async close() {
      await Promise.all([app.destroy(), worker.destroy()]);
    },
  };
}
