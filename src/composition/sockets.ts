/** WebSockets, and the feed of events that they are told of. */
import { createEventFeed, FEED_CHANNEL } from "../domain/notify/feed/index.ts";
import { networkList } from "../protocols/address/network.ts";
import { listen } from "../storage/listen.ts";
import type { Dialect, SocketDialect } from "../transport/http/dialect/dialect.ts";
import { reasons, type Sockets } from "../transport/http/server.ts";
import type { Shares } from "../transport/http/shares.ts";
import { createSocketHub } from "../transport/http/sockets/hub.ts";
import { createUpgrade } from "../transport/http/sockets/upgrade.ts";
import type { Core } from "./core.ts";

const hasSockets = (dialect: Dialect): dialect is Dialect & { readonly sockets: SocketDialect } =>
  dialect.sockets !== null;

/** Those of the one dialect that has any; null when none has. */
export function socketsOf(core: Core, shares: Shares): Sockets | null {
  const dialect = core.dialects.find(hasSockets);
  if (dialect === undefined) return null;
  const { database, warn, newId, engine, config } = core;
  const feed = createEventFeed({
    database,
    warn,
    newId,
    listen: (wake) =>
      listen(engine, {
        channel: FEED_CHANNEL,
        applicationName: FEED_CHANNEL,
        onNotice: wake,
        // What was committed before is found at once when notices begin, and begin again.
        onState: (connected) => connected && wake(),
      }),
  });
  const hub = createSocketHub({ ...core, feed, dialect, format: dialect.webhooks });
  const isProxy = networkList(config.httpProxies);
  return {
    upgrade: createUpgrade({
      ...core,
      hub,
      shares,
      dialect,
      isProxy,
      reasons,
      maxSockets: core.places.sockets,
    }),
    stop: () => hub.stop(),
  };
}
