/** The code of an error of the system, Node or PostgreSQL, such as ENOSPC or 57P03; empty without one. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
