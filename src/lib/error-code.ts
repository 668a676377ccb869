/** The code that the system, node or PostgreSQL gave an error, such as ENOSPC or 57P03; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
