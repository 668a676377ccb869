/** The HTTP listener. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Hono } from "hono";

export interface Listener {
  readonly port: number;
  /** Stops accepting, lets running requests end (bounded), then closes what is left. */
  stop(): Promise<void>;
}

/** How long running requests may take to end when the server stops. */
const DRAIN_MS = 5000;

/** @throws EADDRINUSE and the like, as node reports them */
export async function startHttpServer(app: Hono, host: string, port: number): Promise<Listener> {
  const server = await new Promise<Server>((resolve, reject) => {
    // The node adapter types its server as any of http, https and http2; without TLS options it is http's.
    const started = serve({ fetch: app.fetch, hostname: host, port }, () => resolve(started)) as Server;
    started.once("error", reject);
  });
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    stop: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
