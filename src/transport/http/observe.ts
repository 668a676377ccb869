/** Each request as monitoring has it: by the route, as it is written, never by the path, which holds ids and addresses. */
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Clock } from "../../lib/clock.ts";

export interface RequestObserved {
  /** One of HTTP's, else OTHER. */
  readonly method: string;
  /** As `/v0/pods/:pod_id`; "none" where no route matched. */
  readonly route: string;
  readonly status: number;
  /** Until the answer was made; what is streamed is sent after that. */
  readonly ms: number;
}

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export const observing =
  (clock: Clock, onRequest: (request: RequestObserved) => void): MiddlewareHandler =>
  async (context, next) => {
    const beganMs = clock.monotonicMs();
    await next();
    const { method } = context.req;
    // Of what ran last. Middleware is for every path, and has the path `/*`.
    const path = routePath(context);
    const route = path === "/*" ? "none" : path;
    onRequest({
      method: METHODS.has(method) ? method : "OTHER",
      route,
      status: context.res.status,
      ms: clock.monotonicMs() - beganMs,
    });
  };
