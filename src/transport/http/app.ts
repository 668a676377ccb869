/** The HTTP surface as a function: facades, API docs, health. Tests call it without a socket. */
import { Hono } from "hono";
import { cors } from "hono/cors";
import type { DownloadParts } from "../../domain/messages/index.ts";
import { mountDocs } from "./docs.ts";
import { internalAnswer } from "./v0/errors.ts";
import { mountFiles } from "./v0/files.ts";
import { mountV0, type V0Parts } from "./v0/serve.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** What the answer's x-request-id says, and the log's lines on this request. */
    requestId: string;
  }
}

export interface HttpParts extends V0Parts {
  readonly version: string;
  readonly download: DownloadParts;
  readonly newId: () => string;
  /** Resolves when this process can serve; rejects with the reason when it cannot. */
  readonly checkReady: () => Promise<void>;
}

export function createHttpApp(parts: HttpParts): Hono {
  const app = new Hono();
  app.use(cors({ origin: "*", exposeHeaders: ["x-request-id"] }));
  app.use(async (context, next) => {
    const requestId = parts.newId();
    context.set("requestId", requestId);
    await next();
    context.header("x-request-id", requestId);
    context.header("x-content-type-options", "nosniff");
  });
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
  mountDocs(app, parts.version);
  mountFiles(app, parts.download);
  mountV0(app, parts);
  app.notFound((context) =>
    context.json({ name: "NotFoundError", code: "not_found", message: "Route not found" }, 404),
  );
  app.onError((error, context) => {
    parts.log.error({ error, path: context.req.path, requestId: context.get("requestId") }, "request failed");
    return context.json(internalAnswer.body, 500);
  });
  return app;
}
