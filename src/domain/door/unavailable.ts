/** The database as the domain uses it: what it cannot do now fails in a way that callers understand (try again). */
import type { Database } from "../../storage/db.ts";
import { unavailabilityOf } from "../../storage/unavailability.ts";
import { fail, type Warn } from "./failures.ts";

/** The same database, whose unavailability is a Failure service.unavailable. A lost connection is logged through `warn`. */
export function withUnavailability(database: Database, warn: Warn): Database {
  const translate = (error: unknown): never => {
    const unavailability = unavailabilityOf(error);
    if (unavailability === null) throw error;
    if (unavailability === "overloaded")
      throw fail("service.unavailable", {
        message: "Too many requests at once",
        hint: "Try again in a few seconds, and send fewer at the same time.",
      });
    warn("the database cannot be reached", error);
    throw fail("service.unavailable", {
      message: "The database cannot be reached",
      hint: "Try again in a few seconds. A send with an idempotency key is not done twice.",
      logDetail: error instanceof Error ? error.message : String(error),
    });
  };
  return {
    transaction: (scope, work) => database.transaction(scope, work).catch(translate),
    readOnce: (scope, work) => database.readOnce(scope, work).catch(translate),
    close: () => database.close(),
  };
}
