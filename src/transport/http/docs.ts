/** Pages for people: the API docs and what errors mean. Every asset comes from here, for they must work without the internet. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Context, Hono } from "hono";
import { errorPage } from "./v0/error-page.ts";
import { v0Document } from "./v0/openapi.ts";

/** A rook, so that no browser asks for an icon elsewhere. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'%3E%3Ctext y='.9em' font-size='90'%3E♜%3C/text%3E%3C/svg%3E";

const head = (title: string, ...styles: readonly string[]): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="${ICON}">
${styles.map((path) => `<link rel="stylesheet" href="${path}">`).join("")}</head>`;

const apiPage = `${head("Rookery API", "/docs/assets/swagger-ui.css", "/docs/api.css")}<body><div id="api"></div>
<noscript>This page needs JavaScript. The same is in <a href="/openapi/v0.json">/openapi/v0.json</a>,
and the errors are on <a href="/docs/errors">a page of their own</a>.</noscript>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>`;

/** The validator would be sent the document, and is on another host. */
const apiScript = `SwaggerUIBundle({
  url: "/openapi/v0.json",
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

/** Styles stand in the page, because the viewer sets them on its elements; scripts never do. */
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

export function mountDocs(app: Hono, version: string): void {
  // Made when somebody asks: most servers never are, and it takes a tenth of a start.
  let document: string | null = null;
  app.get("/openapi/v0.json", (context) => {
    document ??= JSON.stringify(v0Document(version));
    return context.body(document, 200, { "content-type": "application/json" });
  });
  // Whoever opens the address that the server prints, or adds a slash, means the docs.
  for (const path of ["/", "/docs/"]) app.get(path, (context) => context.redirect("/docs"));
  app.get("/docs", (context) => page(context, apiPage));
  app.get("/docs/errors", (context) =>
    page(
      context,
      `${head("Errors of the Rookery API", "/docs/errors.css")}<body>${errorPage()}</body></html>`,
    ),
  );
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  app.get("/docs/start.js", (context) => context.body(apiScript, 200, { "content-type": "text/javascript" }));
  for (const [path, style] of [
    ["/docs/api.css", apiStyle],
    ["/docs/errors.css", errorsStyle],
  ] as const)
    app.get(path, (context) => context.body(style, 200, { "content-type": "text/css" }));
  app.get("/docs/assets/:name", async (context) => {
    const name = context.req.param("name");
    const type = assets.get(name);
    if (type === undefined) return context.notFound();
    return context.body(await readFile(join(folder, name)), 200, {
      "content-type": type,
      "cache-control": "max-age=3600",
    });
  });
}
