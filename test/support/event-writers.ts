/** Transactions that write events and are committed when a test says so. */
import pg from "pg";
import type { TestDoor } from "./test-door.ts";

export interface EventWriters {
  /** A transaction that has written events of these ids in a pod, and is not committed. */
  writing(podId: string, ...ids: readonly string[]): Promise<pg.Client>;
  /** Ends their connections. */
  end(): Promise<void>;
}

export function openEventWriters(t: TestDoor): EventWriters {
  const clients: pg.Client[] = [];
  return {
    async writing(podId, ...ids) {
      const client = new pg.Client({ ...t.engine.connection, options: "-c role=rookery_worker" });
      clients.push(client);
      await client.connect();
      await client.query("begin");
      const events = ids.map((id) => ({
        ...{ id, podId, organizationId: t.organizationId, inboxId: null, messageUuid: null },
        ...{ type: "domain.verified", data: {}, at: new Date() },
      }));
      await client.query("select rookery_emit($1)", [JSON.stringify(events)]);
      return client;
    },
    async end() {
      for (const client of clients.splice(0)) await client.end();
    },
  };
}
