import type { IncomingMessage } from "node:http";
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";

/** Node's request and response, which have the socket; neither for an app that is called without one, as tests do. */
export const bindingsOf = ({ env }: Context): Partial<HttpBindings> =>
  // Cast: the adapter's bindings, which Hono knows nothing of.
  (env ?? {}) as Partial<HttpBindings>;

/** Node's request; undefined without one. */
export const incomingOf = (context: Context): IncomingMessage | undefined =>
  // Cast: HTTP/1 is all that this server speaks.
  bindingsOf(context).incoming as IncomingMessage | undefined;
