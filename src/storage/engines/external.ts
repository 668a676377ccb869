/** Any PostgreSQL >= 15 by URL. */
import pg from "pg";
import { codeOf } from "../../lib/error-code.ts";
import { backendOf } from "../backend-of.ts";
import { type Engine, EngineError, EngineSetupError } from "./engine.ts";

/** server_version_num of PostgreSQL 15: the oldest whose features the migrations use. */
const OLDEST_VERSION = 150_000;
/** A server that does not answer within this many milliseconds is reported as unreachable. */
const ANSWER_TIMEOUT_MS = 10_000;
const ADVICE = "Check DATABASE_URL, or unset it to use the built-in PostgreSQL.";

/**
 * SQLSTATEs with which a server refuses a login that it will refuse again (PostgreSQL appendix A): invalid authorization, no such
 * database, no right to connect to it. No answer, or no free connection, may pass by itself.
 */
const lastingRefusals = /^(28...|3D000|42501)$/;

/** One statement: what is wrong with a database that can be reached. */
const examination = `select current_setting('server_version_num') as number,
  split_part(current_setting('server_version'), ' ', 1) as version,
  quote_ident(current_user) as role, quote_ident(current_database()) as database, pg_is_in_recovery() as is_standby,
  current_setting('transaction_read_only') as is_read_only, pg_backend_pid()::text as backend`;

interface Examined {
  readonly number: string;
  readonly version: string;
  /** Quoted for SQL where it needs to be, as the database's. */
  readonly role: string;
  readonly database: string;
  readonly is_standby: boolean;
  /** `on` or `off`. */
  readonly is_read_only: string;
  /** Process id. */
  readonly backend: string;
}

/**
 * Checks that the database can be reached without a pooler, is new enough and takes writes. It is not ours to stop: stop() does nothing.
 * @param url postgresql://user:password@host:port/database, or postgresql:///database?host=/socket/folder&user=...
 * @throws EngineError when it cannot be reached; EngineSetupError when it refuses us, is too old, takes no writes or is behind a
 *   pooler. Neither message nor cause holds the password
 */
export async function openExternal(url: string): Promise<Engine> {
  const client = clientOf(url);
  // A lost connection also fails its query, which is reported; without a listener the event would end the process.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<Examined>(examination);
    const version = rows[0]?.version ?? "unknown";
    requireVersion(Number(rows[0]?.number ?? 0), version);
    requireDirect(backendOf(client), rows[0], placeOf(url));
    requireWritable(rows[0], placeOf(url));
    return { name: "external", connection: { connectionString: url }, version, stop: async () => undefined };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const kind = lastingRefusals.test(codeOf(error)) ? EngineSetupError : EngineError;
    throw new kind(
      `The database at ${placeOf(url)} cannot be used: ${withoutSecrets(reasonOf(error), url)}. ${ADVICE}`,
    );
  } finally {
    // Best effort: it is no longer needed, and a failed connection has nothing to close.
    await client.end().catch(() => undefined);
  }
}

function clientOf(url: string): pg.Client {
  try {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new Error("it does not start with postgresql://");
    return new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
    });
  } catch (error) {
    // No cause: a parser's error carries the URL it was given.
    throw new EngineSetupError(
      `DATABASE_URL is no URL of a PostgreSQL (${withoutSecrets(reasonOf(error), url)}). Write it as postgresql://user:password@host:5432/database.`,
    );
  }
}

/** @throws EngineSetupError below PostgreSQL 15. @param number server_version_num, e.g. 150004 for 15.4 */
function requireVersion(number: number, version: string): void {
  if (number < OLDEST_VERSION)
    throw new EngineSetupError(
      `The database is PostgreSQL ${version}, and Rookery needs 15 or newer. Upgrade it, or unset DATABASE_URL to use the built-in one.`,
    );
}

/**
 * A pooler says when a connection begins that it is the other end, and hands statements to others. Behind one everything seems to work, while locks and the
 * role of a session are somebody else's: two processes take the same work, and row-level security sees the owner.
 * @throws EngineSetupError where one is in between. @param saidBackend process id, as it was said when the connection began
 */
function requireDirect(saidBackend: number, examined: Examined | undefined, place: string): void {
  if (String(saidBackend) !== examined?.backend)
    throw new EngineSetupError(
      `At ${place} is a connection pooler, such as PgBouncer, and behind it no session is Rookery's own. Set DATABASE_URL to PostgreSQL itself.`,
    );
}

/** @throws EngineSetupError for a standby, and where a setting makes every transaction read-only */
function requireWritable(examined: Examined | undefined, place: string): void {
  if (examined?.is_standby === true)
    throw new EngineSetupError(
      `The database at ${place} is a standby, which takes no writes. Set DATABASE_URL to its primary, or promote it.`,
    );
  if (examined?.is_read_only === "on")
    // Of all places where it can be set, this one counts most.
    throw new EngineSetupError(
      `The database at ${place} takes no writes: default_transaction_read_only is on. Run \`alter role ${examined.role} in database ${examined.database} set default_transaction_read_only = off\`, or set DATABASE_URL to another database.`,
    );
}

/** The reason of a failed connection; that of each address when a host name has several. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  if (!(error instanceof Error)) return String(error);
  return error.message || codeOf(error) || error.name;
}

/** Host and database of a URL, for messages: never user or password. */
function placeOf(url: string): string {
  // A password with an unescaped / ? or # would be parsed as host and path.
  if (!URL.canParse(url) || /^[^:]+:\/\/[^@]*[/?#][^@]*@/.test(url)) return "DATABASE_URL";
  const { host, pathname, searchParams } = new URL(url);
  return `${searchParams.get("host") ?? host}${pathname}`;
}

/** Redacts the password in a reason that quotes its input. */
function withoutSecrets(reason: string, url: string): string {
  const raw = [/^[^:]+:\/\/[^@/]*?:([^@]*)@/.exec(url)?.[1], /[?&]password=([^&#]*)/.exec(url)?.[1]];
  return raw
    .flatMap((secret) => (secret ? [url, secret, decoded(secret)] : []))
    .reduce((text, secret) => text.replaceAll(secret, "***"), reason);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded: literal.
    return text;
  }
}
