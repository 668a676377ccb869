/** By which time what is kept for so long is old. */
import type { Database } from "../../../storage/db.ts";
import { earlierNow } from "./clock-store.ts";
import { systemScope } from "./scope.ts";

/**
 * What is deleted too early is gone, and what is deleted late goes an hour later: a process whose clock is ahead, one of several, deletes nothing that the
 * database's clock keeps.
 * @param now of our clock
 * @returns that, or PostgreSQL's now when it is earlier
 */
export const deletionTime = (database: Database, now: Date): Promise<Date> =>
  database.readOnce(systemScope, (tx) => earlierNow(tx, systemScope, now));
