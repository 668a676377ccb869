/** Errors of PostgreSQL, told apart by their SQLSTATE. */
import pg from "pg";

/** SQLSTATE of an error raised by PostgreSQL, with the constraint it names, or null for any other error. */
export function postgresError(error: unknown): { code: string; constraint: string | null } | null {
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return null;
  return { code: error.code, constraint: error.constraint ?? null };
}

/** True for a row that is there already. */
export const isDuplicate = (error: unknown): boolean => postgresError(error)?.code === "23505";

/** True for a foreign key violation: the referenced row is gone. */
export const isDanglingReference = (error: unknown): boolean => postgresError(error)?.code === "23503";

/** True for a write that is refused because its session only reads: that of a standby, or one that began under default_transaction_read_only. */
export const isReadOnly = (error: unknown): boolean => postgresError(error)?.code === "25006";

/**
 * True for a statement that our role has no right to any more, as when an operator takes a grant or a membership back; false for a row that
 * row-level security keeps out, which has the same SQLSTATE, and would be a fault of ours.
 */
export const isRightTaken = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === "42501" && error.routine !== "ExecWithCheckOptions";

/** True for a statement that waited longer than lock_timeout for a lock. */
export const isLockTimeout = (error: unknown): boolean => postgresError(error)?.code === "55P03";
