/** Any PostgreSQL >= 15 by URL. */
import pg from "pg";
import { type Engine, EngineError } from "./engine.ts";

/** server_version_num of PostgreSQL 15: the oldest whose features the migrations use. */
const OLDEST_VERSION = 150_000;
/** A server that does not answer within this many milliseconds is reported as unreachable. */
const CONNECT_TIMEOUT_MS = 10_000;

/** @throws EngineError when it cannot be reached, refuses us, or is too old. The password is never in the message. */
export async function openExternal(url: string): Promise<Engine> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  try {
    await client.connect();
    const { rows } = await client.query<{ number: string; version: string }>(
      "select current_setting('server_version_num') as number, split_part(current_setting('server_version'), ' ', 1) as version",
    );
    const version = rows[0]?.version ?? "unknown";
    if (Number(rows[0]?.number ?? 0) < OLDEST_VERSION)
      throw new EngineError(
        `The database is PostgreSQL ${version}; Rookery needs 15 or newer. Upgrade it, or unset DATABASE_URL to use the built-in one.`,
      );
    return { name: "external", connection: { connectionString: url }, version, stop: async () => undefined };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError(
      `Cannot use the database at ${placeOf(url)}: ${error instanceof Error ? error.message || error.name : String(error)}. Check DATABASE_URL, or unset it to use the built-in PostgreSQL.`,
      { cause: error },
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Host and database of a URL, for messages: never user or password. */
function placeOf(url: string): string {
  if (!URL.canParse(url)) return "DATABASE_URL (which is not a URL)";
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
