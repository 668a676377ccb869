/** The HTTP surface as a function: facades, API docs, health. Tests call it without a socket. */
import { setTimeout as timeout } from "node:timers/promises";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { getPath } from "hono/utils/url";
import type { DownloadParts } from "../../domain/mail/blobs/index.ts";
import { networkList } from "../../protocols/address/network.ts";
import { bindingsOf } from "./bindings-of.ts";
import { createConnectionPlaces, type PlacesParts } from "./connection-places.ts";
import { mountConsumers } from "./consumers.ts";
import type { Dialect } from "./dialect/dialect.ts";
import { type DialectParts, mountDialect, noRoute } from "./dialect/serve.ts";
import { mountDocs } from "./docs.ts";
import { mountFiles } from "./files.ts";
import { MCP_PATH, mountMcp } from "./mcp.ts";
import { type MetricsRoute, mountMetrics } from "./metrics.ts";
import { observing, type RequestObserved } from "./observe.ts";
import { createShares, type HttpMemory, type Shares } from "./shares.ts";
import { mountUnsubscribe } from "./unsubscribe.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** What the answer's x-request-id says, and the log's lines on this request. */
    requestId: string;
  }
}

export interface HttpParts extends DialectParts {
  /** The first answers for paths that belong to none. */
  readonly dialects: readonly [Dialect, ...Dialect[]];
  readonly version: string;
  readonly memory: HttpMemory;
  readonly download: DownloadParts;
  readonly newId: () => string;
  /** Networks of proxies whose X-Forwarded-For is believed. */
  readonly proxies: readonly string[];
  /** Resolves after so many milliseconds; tests have theirs. */
  readonly pause?: (ms: number) => Promise<void>;
  /** Told of each answer. */
  readonly onRequest?: (request: RequestObserved) => void;
  /** Absent: there is no /metrics. */
  readonly metrics?: Omit<MetricsRoute, "authenticator">;
  /** What requests share with what else listens; the app's own when absent. */
  readonly shares?: Shares;
  /** Resolves when this process can serve; rejects with the reason when it cannot. */
  readonly checkReady: () => Promise<void>;
}

/** The dialect of a path, by its first segment. */
const dialectAt = ({ dialects }: HttpParts, path: string): Dialect =>
  dialects.find(({ name }) => path.startsWith(`/${name}/`)) ?? dialects[0];

function notFound(parts: HttpParts, context: Context): Response {
  const { path } = context.req;
  const answering = { requestId: context.get("requestId"), path };
  const { status, body } = dialectAt(parts, path).refusal(noRoute(), answering);
  return context.json(body, status as ContentfulStatusCode);
}

/**
 * True when the target as it was sent has a segment that is `.` or `..`, encoded or not. The adapter resolves them
 * before anybody looks: the keys of an inbox called `..` would be those of the organization.
 */
function hasDotSegment(context: Context): boolean {
  const { incoming } = bindingsOf(context);
  const [path = ""] = (incoming?.url ?? context.req.path).split("?", 1);
  return /\/(\.|%2e){1,2}(\/|$)/i.test(path);
}

/**
 * The path that is routed: of dialects that say so, with one leading slash for several. A redirect instead would be an error to
 * their clients.
 */
const pathOf =
  ({ dialects }: HttpParts) =>
  (request: Request): string => {
    const path = getPath(request);
    const collapsed = path.replace(/^\/{2,}/, "/");
    const isMeant = dialects.some(
      ({ name, leadingSlashes }) => leadingSlashes && collapsed.startsWith(`/${name}/`),
    );
    return isMeant ? collapsed : path;
  };

/** CORS for any origin and any request header: authentication is by key, never by cookie. */
function preflight(context: Context): Response {
  const asked = context.req.header("access-control-request-headers");
  return context.body(null, 204, {
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    vary: "access-control-request-headers",
    ...(asked !== undefined && { "access-control-allow-headers": asked }),
  });
}

/** Whether the process runs, and whether it can serve. */
function mountHealth(app: Hono, parts: Pick<HttpParts, "checkReady" | "log">): void {
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", async (context) => {
    try {
      await parts.checkReady();
      return context.json({ status: "ready" });
    } catch (error) {
      parts.log.warn({ error }, "not ready");
      return context.json({ status: "unavailable" }, 503);
    }
  });
}

type SharesOfApp = Pick<HttpParts, "memory" | "clock" | "proxies" | "turns" | "pause"> &
  Pick<PlacesParts, "maxConnections">;

/** What the requests of one process share. */
export const sharesOf = ({
  memory,
  clock,
  proxies,
  turns,
  maxConnections,
  pause = (ms) => timeout(ms, undefined, { ref: false }),
}: SharesOfApp): Shares =>
  createShares({
    memory,
    monotonicMs: () => clock.monotonicMs(),
    places: createConnectionPlaces({
      ...(maxConnections !== undefined && { maxConnections }),
      proxies,
      monotonicMs: () => clock.monotonicMs(),
    }),
    isProxy: networkList(proxies),
    pause,
    turns,
  });

export function createHttpApp(parts: HttpParts): Hono {
  const app = new Hono({ getPath: pathOf(parts) });
  app.use(async (context, next) => {
    const requestId = parts.newId();
    context.set("requestId", requestId);
    // Before the answer is made: to change one that is there, its body is copied into a stream of its own.
    context.header("x-request-id", requestId);
    context.header("x-content-type-options", "nosniff");
    context.header("access-control-allow-origin", "*");
    context.header("access-control-expose-headers", "x-request-id");
    // Answers hold mail and secrets; those that may be cached set their own header.
    if (
      context.req.path === MCP_PATH ||
      parts.dialects.some(({ name }) => context.req.path.startsWith(`/${name}/`))
    )
      context.header("cache-control", "no-store");
    if (context.req.method === "OPTIONS") return preflight(context);
    await next();
    return undefined;
  });
  if (parts.onRequest !== undefined) app.use(observing(parts.clock, parts.onRequest));
  app.use((context, next) => (hasDotSegment(context) ? Promise.resolve(notFound(parts, context)) : next()));
  mountHealth(app, parts);
  mountDocs(app, parts.dialects, parts.version);
  const shares = parts.shares ?? sharesOf(parts);
  const { metrics, authenticator } = parts;
  if (metrics !== undefined) mountMetrics(app, parts.dialects[0], { ...metrics, authenticator }, shares);
  for (const dialect of parts.dialects) {
    mountFiles(app, {
      ...parts.download,
      dialect,
      newId: parts.newId,
      turns: parts.turns,
      bodies: shares.bodies,
      unread: shares.unread,
    });
    mountConsumers(app, { database: parts.download.database, door: parts.door, shares, dialect });
    mountUnsubscribe(app, dialect, parts.download);
    mountDialect(app, dialect, parts, shares);
  }
  mountMcp(app, { ...parts, dialect: parts.dialects[0], shares });
  app.notFound((context) => notFound(parts, context));
  app.onError((error, context) => {
    // The path of a download or an unsubscribe link is its secret.
    const path = context.req.path.replace(/^(\/\w+\/(?:files|unsubscribe)\/).*/s, "$1[hidden]");
    const requestId = context.get("requestId");
    parts.log.error({ error, path, requestId }, "request failed");
    const { status, body } = dialectAt(parts, context.req.path).internal({
      requestId,
      path: context.req.path,
    });
    return context.json(body, status as ContentfulStatusCode);
  });
  return app;
}
