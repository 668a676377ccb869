/** The database as the domain uses it: what it cannot do now fails in a way that callers understand (try again). */
import type { Clock } from "../../lib/clock.ts";
import { createRate } from "../../lib/rate.ts";
import type { Database } from "../../storage/db.ts";
import { type Unavailability, unavailabilityOf } from "../../storage/unavailability.ts";
import { OUTAGE_LINES_PER_MINUTE } from "../limits.ts";
import { type FailCode, Failure, type FailureDetails, fail, type Warn } from "./failures.ts";

interface Translation extends FailureDetails {
  readonly code: FailCode;
  /** What is logged; null: nothing, as it is the caller's own doing. */
  readonly logged: string | null;
}

const translations: Readonly<Record<Unavailability, Translation>> = {
  overloaded: {
    code: "service.unavailable",
    message: "Too many requests at once",
    hint: "Try again in a few seconds, and send fewer at the same time.",
    logged: null,
  },
  unreachable: {
    code: "service.unavailable",
    message: "The database cannot be reached",
    hint: "Try again in a few seconds. A send with an idempotency key is not done twice.",
    logged: "the database cannot be reached",
  },
  busy: {
    code: "service.unavailable",
    message: "The database is too busy",
    hint: "Try again in a few seconds.",
    logged: "the database is too busy",
  },
  full: {
    code: "service.full",
    message: "There is no space left to store this",
    hint: "Try again later: the operator must free disk space.",
    logged: "the database's disk is full",
  },
  readOnly: {
    code: "service.unavailable",
    message: "The database takes no changes now",
    hint: "Try again in a few seconds. What only reads is answered.",
    logged: "the database only reads: it is a standby, or default_transaction_read_only is on",
  },
};

/**
 * The same database, whose unavailability is a Failure service.unavailable or service.full, logged through `warn`: of an outage, which every request
 * meets, a few lines a minute, which say how many others there were.
 */
export function withUnavailability(
  database: Database,
  warn: Warn,
  { monotonicMs }: Pick<Clock, "monotonicMs">,
): Database {
  const rate = createRate({
    perMinute: OUTAGE_LINES_PER_MINUTE,
    monotonicMs,
    maxKeys: Object.keys(translations).length,
  });
  const unsaid = new Map<string, number>();
  const tell = (reason: string, error: unknown): void => {
    const others = unsaid.get(reason) ?? 0;
    if (rate.left(reason) < 1) return void unsaid.set(reason, others + 1);
    rate.use(reason);
    unsaid.delete(reason);
    warn(others === 0 ? reason : `${reason} (${others} more since the last such line)`, error);
  };
  const translate = (error: unknown): never => {
    const unavailability = unavailabilityOf(error);
    if (unavailability === null) throw error;
    const { code, logged, ...details } = translations[unavailability];
    if (logged === null) throw fail(code, details);
    tell(logged, error);
    throw fail(code, { ...details, logDetail: error instanceof Error ? error.message : String(error) });
  };
  return {
    transaction: (scope, work, options) => database.transaction(scope, work, options).catch(translate),
    readOnce: (scope, work) => database.readOnce(scope, work).catch(translate),
    close: () => database.close(),
  };
}

/** Whether an error says that the database cannot do now what it was asked: it may have done it all the same. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof Failure
    ? error.code === "service.unavailable" || error.code === "service.full"
    : unavailabilityOf(error) !== null;
