/** Pages for people: the API docs and what errors mean. Every asset comes from here, for they must work without the internet. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Hono } from "hono";
import { FLEET_SCHEMA_PATH, fleetJsonSchema } from "../../protocols/fleet-file/index.ts";
import { apiIndex, apiPage, apiScript, apiStyle, pageNameOf } from "./api-pages.ts";
import type { Dialect, Noun } from "./dialect/dialect.ts";
import { documentOf } from "./dialect/document.ts";
import { head, pageStyle, sendPage, topBar } from "./html-page.ts";
import { mountTextPages } from "./text-pages.ts";

/** Titles of the dialects' API docs, by their paths. */
type Apis = ReadonlyMap<string, string>;

const assets: ReadonlyMap<string, string> = new Map([
  ["swagger-ui.css", "text/css"],
  ["swagger-ui-bundle.js", "text/javascript"],
]);

/** Adds the documents and pages of every dialect, and the pages of docs/; errors of the first dialect are also at `/docs/errors`. */
export function mountDocs(app: Hono, dialects: readonly Dialect[], version: string): void {
  const apis: Apis = new Map(dialects.map(({ name, document }) => [`/docs/${name}`, document.title]));
  for (const dialect of dialects) mountDialectDocs(app, dialect, apis, version);
  const [first] = dialects;
  if (first !== undefined) app.get("/docs/errors", (context) => sendPage(context, errorPage(first, apis)));
  // A browser at the address that the server prints wants the docs; so does one that adds a slash.
  for (const path of ["/", "/docs/"]) app.get(path, (context) => context.redirect("/docs"));
  mountAssets(app);
  mountTextPages(app, apis);
  let schema: Buffer<ArrayBuffer> | null = null;
  app.get(FLEET_SCHEMA_PATH, (context) => {
    schema ??= Buffer.from(JSON.stringify(fleetJsonSchema()));
    return context.body(schema, 200, { "content-type": "application/json" });
  });
}

function mountDialectDocs(app: Hono, dialect: Dialect, apis: Apis, version: string): void {
  const { name } = dialect;
  const document = (path: string, noun: Noun | null): void => {
    // Made at the first request: most servers never get one, and it takes a tenth of a start. Bytes, here and below, which
    // all answers share: a client that asks a thousand times and reads nothing would else have us hold as many copies.
    let made: Buffer<ArrayBuffer> | null = null;
    app.get(path, (context) => {
      made ??= Buffer.from(JSON.stringify(documentOf(dialect, version, noun)));
      return context.body(made, 200, { "content-type": "application/json" });
    });
  };
  document(`/openapi/${name}.json`, null);
  let index: Promise<Buffer<ArrayBuffer>> | null = null;
  app.get(`/docs/${name}`, async (context) => {
    index ??= apiIndex(dialect, apis).then((html) => Buffer.from(html));
    return sendPage(context, await index);
  });
  app.get(`/docs/${name}/errors`, (context) => sendPage(context, errorPage(dialect, apis)));
  for (const noun of dialect.nouns) {
    const page = pageNameOf(noun);
    document(`/openapi/${name}/${page}.json`, noun);
    app.get(`/docs/${name}/${page}`, (context) => sendPage(context, apiPage(dialect, noun, apis)));
  }
}

const errorPage = ({ document }: Dialect, apis: Apis): string =>
  `${head(`Errors of the ${document.title}`, ["/docs/pages.css"])}<body>${topBar(apis)}<main class="alone">${document.errorPage()}</main></body></html>`;

function mountAssets(app: Hono): void {
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  app.get("/docs/start.js", (context) => context.body(apiScript, 200, { "content-type": "text/javascript" }));
  for (const [path, style] of [
    ["/docs/api.css", apiStyle],
    ["/docs/pages.css", pageStyle],
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
