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
import type { LoopTurns, Work } from "../lib/loop-turns.ts";
import { backendOf } from "./backend-of.ts";
import { LossWatch, lossOfConnecting } from "./connection-loss.ts";
import type { Engine } from "./engines/engine.ts";
import { isReadOnly } from "./errors.ts";
import { cut, endOf, poolConfig, SilenceWatch, STATEMENT_TIMEOUT_MS } from "./line.ts";
import { createReadTurns, type ReadTurns, socketOf } from "./sockets.ts";
import { nameStatements, parametersOf, StatementGroups } from "./statement-group.ts";
import type { Tables } from "./tables.ts";

/** Milliseconds that transactions under way have to end when a pool is closed; then their connections are cut. */
const CLOSE_MS = 2000;

/** A connection checked out of the pool, for one transaction or one statement. */
export interface Connection {
  /** Builds queries and runs them here. */
  readonly builder: Kysely<Tables>;
  /** Process id of the backend, as PostgreSQL numbers them. */
  readonly backend: number;
  /** @param values PostgreSQL's parameters from $1 on */
  run(text: string, values?: readonly unknown[]): Promise<Answer>;
  /** Runs what gives no rows and has no parameters, such as BEGIN: one of few texts, which are kept prepared. */
  command(text: string): Promise<Answer>;
  /** The same of a SET whose text has a value in it: it is not kept. */
  set(text: string): Promise<Answer>;
  /**
   * Runs a last command and releases the connection, once what failed before it is rolled back, or closes it where that fails as well. From the call on no
   * other statement is accepted: a late one would run outside its transaction, or inside another caller's.
   */
  end(text: string): Promise<Answer>;
  /**
   * Releases the connection at once, and ends what only read on it: COMMIT leaves with what its next holder sends, in some milliseconds at the latest. As by itself it
   * would wake a process of PostgreSQL's, and then this one, for an answer on which nothing depends.
   */
  leave(): void;
  /** Whether a statement failed since it was taken. */
  hasFailed(): boolean;
  /** Releases the connection. */
  release(): void;
}

export interface Answer extends QueryResult<unknown> {
  /** Tag of the command that ran, e.g. `COMMIT`. */
  readonly command: string;
}

export interface ConnectionPool {
  /**
   * Waits for a free connection.
   * @param statementMs how long PostgreSQL may work on each statement before the line counts as silent
   * @throws ConnectionLost, as everything does that runs on one
   */
  take(statementMs?: number): Promise<Connection>;
  /**
   * Opens connections one after the other until there are `kept` of them, and has each look at these tables: who gets it later waits neither for a
   * new process of PostgreSQL's nor for what that reads of a table when it is first named. Ends early when the pool is closed.
   */
  fill(tables: readonly (keyof Tables)[]): Promise<void>;
  /** How it is used now. @param queued callers that wait before they ask for a connection */
  use(queued: number): PoolUse;
  /** Waits a moment for the transactions under way. */
  close(): Promise<void>;
}

export interface PoolUse {
  readonly role: string;
  /** Connections that there may be, that there are, and that nobody uses. */
  readonly max: number;
  readonly open: number;
  readonly idle: number;
  /** Callers that wait for one. */
  readonly waiting: number;
}

/** To whom the event loop's time counts: with an answer it goes on with the work that took the connection. */
export type LoopOwners = Pick<LoopTurns, "current" | "resume" | "isAhead" | "yields">;

export interface PoolParts {
  readonly role: string;
  /** Connections at once. */
  readonly max: number;
  /** Connections that stay, however long nobody needs them, once there are so many. */
  readonly kept: number;
  /** Null where nobody counts. */
  readonly loop: LoopOwners | null;
}

export function openPool(engine: Engine, { role, max, kept, loop }: PoolParts): ConnectionPool {
  const settings = {
    role,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // Has Citus propagate the scope (`set local`); a PostgreSQL without Citus ignores it.
    "citus.propagate_set_commands": "local",
  };
  const pool = new pg.Pool(
    poolConfig(engine, { max, min: kept, application_name: role, pipeline: true }, settings),
  );
  const end = endOf(pool);
  const lines = createLines();
  const owners = createOwners(loop, pool);
  pool.on("connect", createReadTurns(owners));
  const watch = new LossWatch(pool);
  const nameOf = nameStatements();
  const groups = new WeakMap<pg.Client, StatementGroups>();
  const groupsOf = (client: pg.Client, line: SilenceWatch): StatementGroups => {
    const known = groups.get(client) ?? new StatementGroups(client, line);
    groups.set(client, known);
    return known;
  };
  const connect = (): Promise<pg.PoolClient> =>
    pool.connect().catch((error: unknown) => {
      throw lossOfConnecting(error) ?? error;
    });
  const take: Take = async (statementMs = STATEMENT_TIMEOUT_MS) => {
    for (;;) {
      const client = await connect();
      const line = lines.of(client);
      if (!lines.isDoubtful(line)) {
        line.bound(statementMs);
        owners.lent(client);
        return lend(client, { groups: groupsOf(client, line), watch, nameOf });
      }
      // Each that is discarded here makes room for a new one, so that there are no more turns than connections.
      cut(client);
      client.release(true);
    }
  };
  return {
    take,
    fill: (tables) => fill(pool, take, kept, tables),
    use: (queued) => ({
      ...{ role, max },
      open: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount + queued,
    }),
    close: () => end(CLOSE_MS),
  };
}

type Take = ConnectionPool["take"];

/** Opens connections until there are `kept`, each of which has named the tables once. */
async function fill(pool: pg.Pool, take: Take, kept: number, tables: readonly string[]): Promise<void> {
  const look = `select ${tables.map((table) => `exists (select from "${table}" where false)`).join(", ")}`;
  const held: Connection[] = [];
  try {
    // Those that are idle are given out first, so that each has to be held until the last is there.
    while (pool.totalCount < kept && !pool.ending) {
      const connection = await take();
      held.push(connection);
      await connection.run(look);
    }
  } catch (error) {
    // A process that is stopped as soon as it has begun needs none.
    if (!pool.ending) throw error;
  } finally {
    for (const connection of held) connection.release();
  }
}

/** The lines of a pool. One that fell silent casts doubt on those that were idle meanwhile: they are not lent again. */
function createLines() {
  const lines = new WeakMap<pg.Client, SilenceWatch>();
  let doubtedAt = Number.NEGATIVE_INFINITY;
  return {
    of(client: pg.Client): SilenceWatch {
      const known = lines.get(client);
      if (known !== undefined) return known;
      const onSilence = (): void => {
        doubtedAt = performance.now();
      };
      const line = new SilenceWatch(client, onSilence);
      lines.set(client, line);
      return line;
    },
    isDoubtful: ({ heardAt }: SilenceWatch): boolean => heardAt < doubtedAt,
  };
}

/** For whom connections work. */
interface Owners extends ReadTurns {
  lent(client: pg.PoolClient): void;
}

/** Has the loop work for those who took a connection from the moment on in which an answer comes in: reading its rows is much of what a list costs. */
function createOwners(loop: LoopOwners | null, pool: pg.Pool): Owners {
  const owners = new WeakMap<pg.Client, Work>();
  const of =
    (ask: "isAhead" | "yields") =>
    (client: pg.PoolClient): boolean => {
      const work = owners.get(client);
      return work === undefined ? false : (loop?.[ask](work) ?? false);
    };
  const resume = (client: pg.Client): void => loop?.resume(owners.get(client) ?? null);
  // Before the driver's listener, which parses.
  pool.on("connect", (client) => socketOf(client).prependListener("data", () => resume(client)));
  pool.on("release", (_error, client) => owners.delete(client));
  return {
    lent(client) {
      const work = loop?.current();
      if (work !== undefined) owners.set(client, work);
      resume(client);
    },
    isAhead: of("isAhead"),
    yields: of("yields"),
  };
}

/** SQLSTATE of a statement in a transaction that has failed, and of one that was to be prepared behind what failed. */
const behindFailure: ReadonlySet<string | undefined> = new Set(["25P02", "26000"]);

const writes = new Set(["INSERT", "UPDATE", "DELETE", "MERGE"]);

interface Lending {
  readonly groups: StatementGroups;
  readonly watch: LossWatch;
  readonly nameOf: (text: string) => string | undefined;
}

interface Sender {
  /** @param name under which it is kept prepared @param values null: a command */
  send(text: string, name: string | undefined, values: readonly unknown[] | null): Promise<Answer>;
  /** Null when nothing has failed. */
  firstError(): unknown;
}

/** Statements pipelined behind one that failed fail with its error, not with one that says that some other failed. */
function createSender(client: pg.PoolClient, { groups, watch }: Pick<Lending, "groups" | "watch">): Sender {
  let firstError: unknown = null;
  const causeOf = (error: unknown): unknown => {
    const isBehind =
      error instanceof pg.DatabaseError && behindFailure.has(error.code) && firstError !== null;
    const cause = isBehind ? firstError : (watch.lossOf(error, client) ?? error);
    firstError ??= cause;
    return cause;
  };
  return {
    async send(text, name, values) {
      try {
        const parameters = values === null ? null : parametersOf(values);
        const { command, rows, count } = await groups.send({ text, name, values: parameters });
        const affected = writes.has(command) && count !== null ? { numAffectedRows: BigInt(count) } : {};
        return { command, rows, ...affected };
      } catch (error) {
        throw causeOf(error);
      }
    },
    firstError: () => firstError,
  };
}

function lend(client: pg.PoolClient, { groups, watch, nameOf }: Lending): Connection {
  let isOver = false;
  const { send, firstError } = createSender(client, { groups, watch });
  const close = (isBroken: boolean): void => {
    isOver = true;
    client.release(isBroken);
  };
  const refuseLate = (): void => {
    if (isOver) throw new Error("the transaction is over");
  };
  const run: Connection["run"] = async (text, values = []) => {
    refuseLate();
    // Without parameters its text may have values in it, and be another each time.
    return send(text, values.length === 0 ? undefined : nameOf(text), values);
  };
  return {
    builder: builderOn(run),
    backend: backendOf(client),
    run,
    async command(text) {
      refuseLate();
      return send(text, nameOf(text), null);
    },
    async set(text) {
      refuseLate();
      return send(text, undefined, null);
    },
    async end(text) {
      isOver = true;
      try {
        const answer = await send(text, nameOf(text), null);
        // Its session may go on to refuse writes when a new one does not.
        close(isReadOnly(firstError()));
        return answer;
      } catch (error) {
        // It may have been passed over, behind a statement that failed.
        await send("rollback", undefined, null).then(
          () => close(isReadOnly(firstError())),
          () => close(true),
        );
        throw error;
      }
    },
    leave() {
      groups.sendLast({ text: "commit", name: nameOf("commit"), values: null });
      close(false);
    },
    hasFailed: () => firstError() !== null,
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
