/** Hears notices of other processes on one connection of its own, and says when it cannot. */
import pg from "pg";
import type { Engine } from "./engines/engine.ts";

export interface Listening {
  readonly channel: string;
  readonly onNotice: (payload: string) => void;
  /** Told whenever notices begin to arrive and whenever they stop. */
  readonly onState: (connected: boolean) => void;
}

/** Between attempts to connect again, milliseconds. */
const RECONNECT_MS = 500;

/** Starts listening; resolves once the first connection listens. @returns a function that ends it */
export async function listen(engine: Engine, listening: Listening): Promise<() => Promise<void>> {
  let ended = false;
  let client: pg.Client | null = null;

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ ...engine.connection, application_name: "rookery_listen" });
    // Whatever goes wrong ends the connection, or never lets it begin: its end is what is acted on.
    next.on("error", () => undefined);
    next.on("end", () => {
      listening.onState(false);
      if (!ended) setTimeout(() => void connect().catch(() => undefined), RECONNECT_MS).unref();
    });
    next.on("notification", ({ payload }) => listening.onNotice(payload ?? ""));
    await next.connect();
    await next.query(`listen ${pg.escapeIdentifier(listening.channel)}`);
    // Told to end meanwhile: nobody else knows of this connection.
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
