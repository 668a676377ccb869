/** Pages for people: the API docs and what errors mean. Every asset comes from here, for they must work without the internet. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Context, Hono } from "hono";
import { FLEET_SCHEMA_PATH, fleetJsonSchema } from "../../protocols/fleet-file/index.ts";
import type { Dialect } from "./dialect/dialect.ts";
import { documentOf } from "./dialect/document.ts";
import { mountTextPages } from "./text-pages.ts";

/** A rook, so that no browser asks for an icon elsewhere. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'%3E%3Ctext y='.9em' font-size='90'%3E♜%3C/text%3E%3C/svg%3E";

const head = (title: string, ...styles: readonly string[]): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="${ICON}">
${styles.map((path) => `<link rel="stylesheet" href="${path}">`).join("")}</head>`;

/** @param others documents of the other dialects, to change to */
const apiPage = ({ name, document }: Dialect, others: readonly Dialect[]): string =>
  `${head(document.title, "/docs/assets/swagger-ui.css", "/docs/api.css")}<body>
${others.map((other) => `<a href="/docs/${other.name}">${other.document.title}</a>`).join(" ")}
<div id="api" data-document="/openapi/${name}.json"></div>
<noscript>This page needs JavaScript. The same is in <a href="/openapi/${name}.json">/openapi/${name}.json</a>,
and the errors are on <a href="/docs/${name}/errors">a page of their own</a>.</noscript>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>`;

/** The validator would be sent the document, and is on another host. */
const apiScript = `SwaggerUIBundle({
  url: document.getElementById("api").dataset.document,
  dom_id: "#api",
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelExpandDepth: 2,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});`;

/** The viewer offers a choice of servers, of media types and of links for every answer, of which there is one or none. */
const apiStyle = `
.swagger-ui .operation-servers,
.swagger-ui .schemes-server-container > div,
.swagger-ui .response-control-media-type,
.swagger-ui .response-col_links { display: none; }
`;

const errorsStyle = `
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 2.5rem 0 0; font-size: 1.2rem; }
h2 a { color: inherit; text-decoration: none; }
h2 a:hover { text-decoration: underline; }
:target { background: color-mix(in srgb, gold 30%, transparent); }
code { font-family: ui-monospace, monospace; }
.status { margin: 0; opacity: 0.75; }
dt { margin-top: 0.75rem; }
dd { margin: 0; opacity: 0.85; }
nav { columns: 14rem; }
nav a { display: block; }
`;

/** Inline styles are allowed, because the viewer sets them on its elements; inline scripts are not. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const assets: ReadonlyMap<string, string> = new Map([
  ["swagger-ui.css", "text/css"],
  ["swagger-ui-bundle.js", "text/javascript"],
]);

function page(context: Context, html: string): Response {
  return context.body(html, 200, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
  });
}

/** Adds the documents and pages of every dialect; those of the first are also at `/docs` and `/docs/errors`. */
export function mountDocs(app: Hono, dialects: readonly Dialect[], version: string): void {
  for (const dialect of dialects) mountDialectDocs(app, dialect, dialects, version);
  const [first] = dialects;
  if (first !== undefined) {
    app.get("/docs", (context) => page(context, apiPage(first, dialects.slice(1))));
    app.get("/docs/errors", (context) => page(context, errorPage(first)));
  }
  // A browser at the address that the server prints wants the docs; so does one that adds a slash.
  for (const path of ["/", "/docs/"]) app.get(path, (context) => context.redirect("/docs"));
  mountAssets(app);
  mountTextPages(app);
  let schema: Buffer<ArrayBuffer> | null = null;
  app.get(FLEET_SCHEMA_PATH, (context) => {
    schema ??= Buffer.from(JSON.stringify(fleetJsonSchema()));
    return context.body(schema, 200, { "content-type": "application/json" });
  });
}

function mountDialectDocs(app: Hono, dialect: Dialect, dialects: readonly Dialect[], version: string): void {
  const { name } = dialect;
  // Made at the first request: most servers never get one, and it takes a tenth of a start. Bytes, here and below, which
  // all answers share: a client that asks a thousand times and reads nothing would else have us hold as many copies.
  let document: Buffer<ArrayBuffer> | null = null;
  app.get(`/openapi/${name}.json`, (context) => {
    document ??= Buffer.from(JSON.stringify(documentOf(dialect, version)));
    return context.body(document, 200, { "content-type": "application/json" });
  });
  const others = dialects.filter((other) => other !== dialect);
  app.get(`/docs/${name}`, (context) => page(context, apiPage(dialect, others)));
  app.get(`/docs/${name}/errors`, (context) => page(context, errorPage(dialect)));
}

const errorPage = ({ document }: Dialect): string =>
  `${head(`Errors of the ${document.title}`, "/docs/errors.css")}<body>${document.errorPage()}</body></html>`;

function mountAssets(app: Hono): void {
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  app.get("/docs/start.js", (context) => context.body(apiScript, 200, { "content-type": "text/javascript" }));
  for (const [path, style] of [
    ["/docs/api.css", apiStyle],
    ["/docs/errors.css", errorsStyle],
  ] as const)
    app.get(path, (context) => context.body(style, 200, { "content-type": "text/css" }));
  const files = new Map<string, Promise<Buffer<ArrayBuffer>>>();
  app.get("/docs/assets/:name", async (context) => {
    const name = context.req.param("name");
    const type = assets.get(name);
    if (type === undefined) return context.notFound();
    const file = files.get(name) ?? readFile(join(folder, name));
    files.set(name, file);
    // One that could not be read is read again.
    file.catch(() => files.delete(name));
    return context.body(await file, 200, {
      "content-type": type,
      "cache-control": "max-age=3600",
    });
  });
}
