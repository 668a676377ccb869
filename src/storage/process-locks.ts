/**
 * Locks by name that one process holds at a time, over all processes of a database: advisory locks of a connection kept for
 * them. They need no rows and no clean-up: PostgreSQL releases them when the connection ends, however the process died, and
 * ends the connection of a process that was stopped (SIGSTOP) and no longer says that it lives.
 */
import type pg from "pg";
import type { Engine } from "./engines/engine.ts";
import { clientOf, cut } from "./line.ts";

export interface ProcessLocks {
  /** @returns false when another process holds it. @throws when the database cannot be reached */
  tryLock(name: string): Promise<boolean>;
  /** To be called once for each successful tryLock. Of a lock that was lost with its connection: does nothing. */
  unlock(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds after which PostgreSQL ends a connection that says nothing: its locks are then free for other processes. */
const SILENCE_MS = 10_000;
/** Milliseconds between signs of life: several may be late. */
const SIGN_OF_LIFE_MS = 2000;
/** Milliseconds for a statement, which takes one. */
const STATEMENT_MS = 5000;

/** @param space tells locks of one purpose from those of another: 1 to 2^31 - 1 */
export function openProcessLocks(engine: Engine, space: number): ProcessLocks {
  let connecting: Promise<pg.Client> | null = null;
  let isClosed = false;
  /** The next statement then opens another one. A later connection is left alone. */
  const forget = (lost: Promise<pg.Client>): void => {
    if (connecting === lost) connecting = null;
  };
  const connection = (): Promise<pg.Client> => {
    if (connecting !== null) return connecting;
    const opened: Promise<pg.Client> = connect(engine, () => forget(opened));
    opened.catch(() => forget(opened));
    connecting = opened;
    return opened;
  };
  const ask = async (text: string, name: string): Promise<boolean> => {
    if (isClosed) return false;
    const opened = connection();
    const client = await opened;
    try {
      // Two names with the same hash exclude each other between processes, and never within one.
      const { rows } = await client.query<{ done: boolean }>(text, [space, name]);
      return rows[0]?.done === true;
    } catch (error) {
      // Its locks are released with it: a line that is silent must not hold them.
      forget(opened);
      void client.end().catch(() => undefined);
      throw error;
    }
  };
  const life = setInterval(() => {
    if (connecting !== null)
      void ask("select true as done where $1 > 0 or $2 = ''", "").catch(() => undefined);
  }, SIGN_OF_LIFE_MS);
  return {
    tryLock: (name) => ask("select pg_try_advisory_lock($1, hashtext($2)) as done", name),
    async unlock(name) {
      if (connecting === null) return;
      try {
        await ask("select pg_advisory_unlock($1, hashtext($2)) as done", name);
      } catch (error) {
        // Closed meanwhile, which releases it.
        if (!isClosed) throw error;
      }
    },
    async close() {
      clearInterval(life);
      isClosed = true;
      // Not told to PostgreSQL, which may not answer: the end releases them.
      await connecting?.then(cut);
    },
  };
}

async function connect(engine: Engine, onEnd: () => void): Promise<pg.Client> {
  const client = clientOf(engine, {
    application_name: "rookery_locks",
    options: `-c idle_session_timeout=${SILENCE_MS}`,
    query_timeout: STATEMENT_MS,
    // Several are asked for at once.
    pipeline: true,
  });
  client.on("end", onEnd);
  await client.connect();
  return client;
}
