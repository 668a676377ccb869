import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";

/** Node's request and response, which have the socket; neither for an app that is called without one, as tests do. */
export const bindingsOf = ({ env }: Context): Partial<HttpBindings> =>
  // Cast: the adapter's bindings, which Hono knows nothing of.
  (env ?? {}) as Partial<HttpBindings>;
