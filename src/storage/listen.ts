/** LISTEN on a dedicated connection, reconnecting; reports when notifications cannot arrive. */
import pg from "pg";
import type { Engine } from "./engines/engine.ts";

export interface Listening {
  readonly channel: string;
  readonly onNotice: (payload: string) => void;
  /** Called whenever listening starts and whenever it stops. */
  readonly onState: (connected: boolean) => void;
}

/** Between attempts to reconnect, milliseconds. */
const RECONNECT_MS = 500;

/** Starts listening; resolves once the first connection listens. @returns a function that stops it */
export async function listen(engine: Engine, listening: Listening): Promise<() => Promise<void>> {
  let ended = false;
  let client: pg.Client | null = null;

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ ...engine.connection, application_name: "rookery_listen" });
    // Every failure ends the connection or prevents it: its end is what is handled.
    next.on("error", () => undefined);
    next.on("end", () => {
      listening.onState(false);
      if (!ended) setTimeout(() => void connect().catch(() => undefined), RECONNECT_MS).unref();
    });
    next.on("notification", ({ payload }) => listening.onNotice(payload ?? ""));
    await next.connect();
    await next.query(`listen ${pg.escapeIdentifier(listening.channel)}`);
    // Stopped meanwhile: no other code holds this connection.
    if (ended) return next.end();
    client = next;
    listening.onState(true);
  };

  await connect();
  return async () => {
    ended = true;
    await client?.end();
  };
}
