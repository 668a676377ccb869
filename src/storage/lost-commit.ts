/**
 * What became of a transaction whose COMMIT got no answer. PostgreSQL remembers by the transaction's id, which is assigned
 * when the transaction begins and known before COMMIT is sent. See docs/decisions/0021-silent-lines.md.
 */
import { setTimeout as pause } from "node:timers/promises";
import pLimit from "p-limit";
import { codeOf } from "../lib/error-code.ts";
import type { Engine } from "./engines/engine.ts";
import { clientOf, cut } from "./line.ts";

/** Gives the transaction its id, and says it. A transaction that then changes nothing costs no fsync. */
export const ASSIGN_ID = "select pg_current_xact_id()::text as xid";

/**
 * The run of the server: an id of which nothing reached the log before a crash is given to another transaction after it. The
 * time of its start changes with a restart, and that of its statistics when it recovers from the crash of a process.
 */
export const SERVER =
  "extract(epoch from pg_postmaster_start_time()) || ' ' || coalesce((select extract(epoch from stats_reset) from pg_stat_bgwriter), 0) as server";

/** What a transaction that may change something is known by, after its connection is lost. */
export interface TransactionId {
  /** PostgreSQL's, of its type xid8. */
  readonly xid: string;
  /** As SERVER says it. */
  readonly server: string;
}

/** `unknown`: nobody could be asked in time, or another run of the server answers, whose word on the id may be another transaction's. */
export type Fate = "committed" | "aborted" | "unknown";

/** How long an answer is looked for, milliseconds: PostgreSQL's restart, or its end of a transaction that it thinks idle (5 s). */
const PATIENCE_MS = 10_000;
const ASK_AGAIN_MS = 100;
/** Milliseconds for one question: it reads two bits. */
const QUESTION_MS = 3000;
/** Questions at once: all transactions of a process may lose their connection in the same moment. */
const MAX_QUESTIONS = 4;

/** SQLSTATE invalid_parameter_value: PostgreSQL has given no such id yet. */
const NOT_GIVEN_YET = "22023";

interface Status {
  readonly status: "committed" | "aborted" | "in progress" | null;
  readonly server: string;
}

/** @returns what tells the fate of a transaction, on a new connection */
export function createFateFinder(engine: Engine): (id: TransactionId) => Promise<Fate> {
  const limit = pLimit(MAX_QUESTIONS);
  return async (id) => {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const fate = await limit(() => askOnce(engine, id));
      if (fate !== null) return fate;
      if (performance.now() >= end) return "unknown";
      await pause(ASK_AGAIN_MS);
    }
  };
}

/** Null when it has no answer yet: the transaction goes on, or nobody answers. */
async function askOnce(engine: Engine, { xid, server }: TransactionId): Promise<Fate | null> {
  const client = clientOf(engine, { query_timeout: QUESTION_MS });
  try {
    await client.connect();
    const { rows } = await client.query<Status>(
      `select pg_xact_status($1::text::xid8) as status, ${SERVER}`,
      [xid],
    );
    return rows[0] === undefined ? null : fateOf(rows[0], server);
  } catch (error) {
    return codeOf(error) === NOT_GIVEN_YET ? "aborted" : null;
  } finally {
    cut(client);
  }
}

function fateOf({ status, server }: Status, ours: string): Fate | null {
  // A crash ends what was not committed: what goes on now has the id from the run after it.
  if (status === "in progress") return server === ours ? null : "aborted";
  if (status === "aborted") return "aborted";
  return status === "committed" && server === ours ? "committed" : "unknown";
}
