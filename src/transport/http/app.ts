/** The HTTP surface as a function: facades, API docs, health. Tests call it without a socket. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import type { DownloadParts } from "../../domain/messages/index.ts";
import { failureAnswer, noRoute } from "./v0/errors.ts";
import { mountFiles } from "./v0/files.ts";
import { v0Document } from "./v0/openapi.ts";
import { mountV0, type V0Parts } from "./v0/serve.ts";

export interface HttpParts extends V0Parts {
  readonly version: string;
  readonly download: DownloadParts;
  readonly newId: () => string;
  /** Resolves when this process can serve; rejects with the reason when it cannot. */
  readonly checkReady: () => Promise<void>;
}

const notFound = (context: Context): Response => context.json(failureAnswer(noRoute()).body, 404);

/**
 * True when the target as it was sent has a segment that is `.` or `..`, encoded or not. The adapter resolves them
 * before anybody looks: the keys of an inbox called `..` would be those of the organization.
 */
function hasDotSegment(context: Context): boolean {
  const { incoming } = (context.env ?? {}) as Partial<HttpBindings>;
  const [path = ""] = (incoming?.url ?? context.req.path).split("?", 1);
  return /\/(\.|%2e){1,2}(\/|$)/i.test(path);
}

export function createHttpApp(parts: HttpParts): Hono {
  const app = new Hono();
  app.use(cors({ origin: "*", exposeHeaders: ["x-request-id"] }));
  app.use(async (context, next) => {
    await next();
    context.header("x-request-id", parts.newId());
    context.header("x-content-type-options", "nosniff");
  });
  app.use((context, next) => (hasDotSegment(context) ? Promise.resolve(notFound(context)) : next()));
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
  const document = v0Document(parts.version);
  app.get("/openapi/v0.json", (context) => context.json(document));
  mountDocs(app);
  mountFiles(app, parts.download);
  mountV0(app, parts);
  app.notFound(notFound);
  return app;
}

const docsPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Rookery API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head><body><div id="api"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>`;

const docsScript = `SwaggerUIBundle({ url: "/openapi/v0.json", dom_id: "#api", deepLinking: true });`;

const assets: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css",
  "swagger-ui-bundle.js": "text/javascript",
};

/** The API docs, with every asset from here: they must work without the internet. */
function mountDocs(app: Hono): void {
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  app.get("/docs", (context) => context.html(docsPage));
  app.get("/docs/start.js", (context) =>
    context.body(docsScript, 200, { "content-type": "text/javascript" }),
  );
  app.get("/docs/assets/:name", async (context) => {
    const name = context.req.param("name");
    const type = assets[name];
    if (type === undefined) return context.notFound();
    return context.body(await readFile(join(folder, name)), 200, {
      "content-type": type,
      "cache-control": "max-age=3600",
    });
  });
}
