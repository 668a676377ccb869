/**
 * Connections of one role. Independent statements may be pipelined: PostgreSQL runs them in the order in which they were
 * sent. Each is prepared once per connection, because parsing and planning a short one under row-level security costs
 * several times its execution (a recipient's look-up: 0.09 of 0.11 ms).
 */
import {
  type CompiledQuery,
  DefaultQueryExecutor,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";
import pg from "pg";
import { LossWatch, lossOfConnecting } from "./connection-loss.ts";
import type { Engine } from "./engines/engine.ts";
import type { Tables } from "./tables.ts";

/** Statements that one connection keeps prepared: several times those there are. */
const MAX_PREPARED = 500;

/** A connection checked out of the pool, for one transaction or one statement. */
export interface Connection {
  /** Builds queries and runs them here. */
  readonly builder: Kysely<Tables>;
  /** @param values PostgreSQL's parameters from $1 on; without any the text may hold several statements */
  run(text: string, values?: readonly unknown[]): Promise<Answer>;
  /**
   * Runs a last statement and releases the connection, or closes it when the statement failed. From the call on no other
   * statement is accepted: a late one would run outside its transaction, or inside another caller's.
   */
  end(text: string): Promise<Answer>;
  /** Releases the connection. */
  release(): void;
}

export interface Answer extends QueryResult<unknown> {
  /** Tag of the command that ran, e.g. `COMMIT`. */
  readonly command: string;
}

export interface ConnectionPool {
  /** Waits for a free connection. @throws ConnectionLost, as everything does that runs on one */
  take(): Promise<Connection>;
  close(): Promise<void>;
}

/** @param max connections at once */
export function openPool(engine: Engine, role: string, max: number): ConnectionPool {
  const pool = new pg.Pool({
    ...engine.connection,
    max,
    // The second has Citus propagate the scope (`set local`); a PostgreSQL without Citus ignores it.
    options: `-c role=${role} -c citus.propagate_set_commands=local`,
    application_name: role,
    pipeline: true,
  });
  const watch = new LossWatch(pool);
  const nameOf = nameStatements();
  const connect = (): Promise<pg.PoolClient> =>
    pool.connect().catch((error: unknown) => {
      throw lossOfConnecting(error) ?? error;
    });
  return {
    take: async () => lend(await connect(), watch, nameOf),
    close: () => pool.end(),
  };
}

/** Name of the prepared statement, the same for the same text on every connection; none beyond the bound. */
function nameStatements(): (text: string) => string | undefined {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined || names.size >= MAX_PREPARED) return known;
    const name = `rookery_${names.size}`;
    names.set(text, name);
    return name;
  };
}

/** SQLSTATE of a statement in a transaction that has failed. */
const ABORTED = "25P02";

const writes = new Set(["INSERT", "UPDATE", "DELETE", "MERGE"]);

function lend(
  client: pg.PoolClient,
  watch: LossWatch,
  nameOf: (text: string) => string | undefined,
): Connection {
  let isOver = false;
  let firstError: unknown = null;
  /** Of statements pipelined behind the one that failed: they fail with its error, not with one that says that some other failed. */
  const causeOf = (error: unknown): unknown => {
    const isBehind = error instanceof pg.DatabaseError && error.code === ABORTED && firstError !== null;
    const cause = isBehind ? firstError : (watch.lossOf(error, client) ?? error);
    firstError ??= cause;
    return cause;
  };
  const send = async (text: string, values: readonly unknown[]): Promise<Answer> => {
    const name = values.length === 0 ? undefined : nameOf(text);
    const { command, rows, rowCount } = await client
      .query({
        text,
        ...(values.length > 0 && { values: [...values] }),
        ...(name !== undefined && { name }),
      })
      .catch((error: unknown) => {
        throw causeOf(error);
      });
    const affected = writes.has(command) && rowCount !== null ? { numAffectedRows: BigInt(rowCount) } : {};
    return { command, rows, ...affected };
  };
  const close = (isBroken: boolean): void => {
    isOver = true;
    client.release(isBroken);
  };
  const run: Connection["run"] = async (text, values = []) => {
    if (isOver) throw new Error("the transaction is over");
    return send(text, values);
  };
  return {
    builder: builderOn(run),
    run,
    async end(text) {
      isOver = true;
      try {
        const answer = await send(text, []);
        close(false);
        return answer;
      } catch (error) {
        close(true);
        throw error;
      }
    },
    release: () => close(false),
  };
}

/** Kysely over one connection: a query is sent synchronously when it is executed, so that the order of pipelined ones is known. */
class DirectExecutor extends DefaultQueryExecutor {
  readonly #run: Connection["run"];

  constructor(run: Connection["run"]) {
    super(compiler, adapter, { provideConnection: refuse });
    this.#run = run;
  }

  // Cast: the row type that Kysely derived from the query it built.
  override executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#run(sql, parameters) as Promise<QueryResult<Row>>;
  }
}

const compiler = new PostgresQueryCompiler();
const adapter = new PostgresAdapter();

async function refuse(): Promise<never> {
  throw new Error("connections and transactions are storage/db.ts's business");
}

const driver: Driver = {
  init: async () => undefined,
  acquireConnection: refuse,
  releaseConnection: refuse,
  beginTransaction: refuse,
  commitTransaction: refuse,
  rollbackTransaction: refuse,
  destroy: async () => undefined,
};

const dialect: Dialect = {
  createAdapter: () => adapter,
  createDriver: () => driver,
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => compiler,
};

const builderOn = (run: Connection["run"]): Kysely<Tables> =>
  new Kysely<Tables>({ config: { dialect }, driver, dialect, executor: new DirectExecutor(run) });
