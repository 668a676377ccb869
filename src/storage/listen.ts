/** LISTEN on a dedicated connection, reconnecting; reports when notifications cannot arrive. */
import pg from "pg";
import type { Engine } from "./engines/engine.ts";
import { askWhileIdle, clientOf, cut, onConnection, SilenceWatch } from "./line.ts";

export interface Listening {
  readonly channel: string;
  /** As pg_stat_activity shows the connection; that of every running server when absent. */
  readonly applicationName?: string;
  readonly onNotice: (payload: string) => void;
  /** Called whenever listening starts and whenever it stops. */
  readonly onState: (connected: boolean) => void;
}

/** Between attempts to reconnect, milliseconds. */
const RECONNECT_MS = 500;

const APPLICATION_NAME = "rookery_listen";

/** @returns how many processes listen on the database now: every running server does */
export const countListeners = (engine: Engine): Promise<number> =>
  onConnection(engine, async (client) => {
    const { rows } = await client.query<{ listeners: number }>(
      "select count(*)::int as listeners from pg_stat_activity where datname = current_database() and application_name = $1",
      [APPLICATION_NAME],
    );
    return rows[0]?.listeners ?? 0;
  });

/** Starts listening; resolves once the first connection listens. @returns a function that ends it */
export async function listen(engine: Engine, listening: Listening): Promise<() => Promise<void>> {
  let ended = false;
  let client: pg.Client | null = null;

  const connect = async (): Promise<void> => {
    // Whatever goes wrong ends the connection, or never lets it begin: its end is what is acted on.
    const next = clientOf(engine, { application_name: listening.applicationName ?? APPLICATION_NAME });
    next.on("end", () => {
      if (client === next) client = null;
      listening.onState(false);
      if (!ended) setTimeout(() => void connect().catch(() => undefined), RECONNECT_MS).unref();
    });
    next.on("notification", ({ payload }) => listening.onNotice(payload ?? ""));
    await next.connect();
    const silence = new SilenceWatch(next);
    askWhileIdle(next, silence);
    try {
      await silence.during(() => next.query(`listen ${pg.escapeIdentifier(listening.channel)}`));
    } catch (error) {
      // A standby refuses it, and keeps the connection also when it becomes the primary: nothing would be heard on it ever.
      cut(next);
      throw error;
    }
    // Stopped meanwhile: no other code holds this connection.
    if (ended) return cut(next);
    client = next;
    listening.onState(true);
  };

  await connect();
  return async () => {
    ended = true;
    if (client === null) return;
    const end = new Promise((resolve) => client?.once("end", resolve));
    // Not told to PostgreSQL, which may not answer: it holds nothing.
    cut(client);
    await end;
  };
}
