/** `GET /metrics`, for Prometheus: to this machine, and to keys of the operator that may do anything. */
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Authenticator } from "../../domain/door/access/index.ts";
import { Failure } from "../../domain/door/failures.ts";
import { isLoopback } from "../../protocols/address/network.ts";
import { authenticate, challengeTo } from "./authenticate.ts";
import { bindingsOf } from "./bindings-of.ts";
import type { Dialect } from "./dialect/dialect.ts";
import { noRoute } from "./dialect/serve.ts";
import type { Shares } from "./shares.ts";

export interface MetricsRoute {
  readonly authenticator: Authenticator;
  /** The operator's organization. Another's keys learn nothing of an installation that it shares. */
  readonly organizationId: string;
  readonly scrape: () => Promise<{ readonly type: string; readonly text: string }>;
}

/**
 * Fields by which a request from this machine shows that it is somebody else's: of a proxy in front, or of a page that a browser here
 * has open.
 */
const FOREIGN = ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via", "origin", "referer"];

/** @param dialect in which refusals are said */
export function mountMetrics(
  app: Hono,
  dialect: Dialect,
  { authenticator, organizationId, scrape }: MetricsRoute,
  shares: Shares,
): void {
  const admit = async (context: Context): Promise<void> => {
    const header = context.req.header("authorization");
    if (header === undefined && isLocal(context)) return;
    const { scope, permissions } = await authenticate(authenticator, header, shares.paceOf(context));
    const isOperator = scope.level === "organization" && scope.organizationId === organizationId;
    if (!isOperator || permissions !== null) throw noRoute();
  };
  app.get("/metrics", async (context) => {
    try {
      await admit(context);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const answering = { requestId: context.get("requestId"), path: context.req.path };
      const { status, body } = dialect.refusal(error, answering);
      if (status === 401) context.header("www-authenticate", challengeTo(error));
      return context.json(body, status as ContentfulStatusCode);
    }
    const { type, text } = await scrape();
    return context.body(text, 200, { "content-type": type, "cache-control": "no-store" });
  });
}

/** Without a socket, as in tests, nobody is. */
function isLocal(context: Context): boolean {
  const peer = bindingsOf(context).incoming?.socket.remoteAddress;
  return (
    peer !== undefined && isLoopback(peer) && FOREIGN.every((name) => context.req.header(name) === undefined)
  );
}
