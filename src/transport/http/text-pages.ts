/**
 * What `npm run generate` and people wrote in docs/: as Markdown for agents, with the index of it (llmstxt.org), and as HTML for
 * browsers, at the same path without `.md`.
 */
import { readdir, readFile } from "node:fs/promises";
import type { Context, Hono } from "hono";
import { packageFile } from "../../lib/package-file.ts";
import { docPage } from "./doc-pages.ts";
import { sendPage } from "./html-page.ts";

const docs = packageFile("docs/");

/** Folders of docs/ whose pages are served; decisions are for who changes the server. */
const folders = ["api", "guides"] as const;

type Page = Buffer<ArrayBuffer>;

/** @param apis titles of the dialects' API docs, by their paths */
export function mountTextPages(app: Hono, apis: ReadonlyMap<string, string>): void {
  // Read once: all answers share the bytes.
  const read = new Map<string, Promise<Page>>();
  const page = (name: string, make: () => Promise<Page>): Promise<Page> => {
    const found = read.get(name) ?? make();
    read.set(name, found);
    // One that could not be read is read again.
    found.catch(() => read.delete(name));
    return found;
  };
  app.get("/llms.txt", async (context) =>
    send(context, "text/plain", await page("llms.txt", () => readPage("llms.txt"))),
  );
  app.get("/llms-full.txt", async (context) =>
    send(context, "text/plain", await page("llms-full.txt", readAll)),
  );
  const html = async (path: string, file: string): Promise<Page> => {
    const [text, index] = await Promise.all([readPage(file), readPage("llms.txt")]);
    return Buffer.from(await docPage({ path, text: text.toString(), index: index.toString() }, apis));
  };
  app.get("/docs", async (context) =>
    sendPage(context, await page("/docs", () => html("/docs", "llms.txt"))),
  );
  for (const folder of folders)
    app.get(`/docs/${folder}/:name`, async (context) => {
      const name = context.req.param("name");
      const path = `${folder}/${name}`;
      const paths = await pathsIn(folder);
      if (paths.includes(path)) return send(context, "text/markdown", await page(path, () => readPage(path)));
      const file = `${path}.md`;
      if (!paths.includes(file)) return context.notFound();
      return sendPage(context, await page(`/docs/${path}`, () => html(`/docs/${path}`, file)));
    });
}

/** The index, then every page. */
async function readAll(): Promise<Page> {
  const paths = (await Promise.all(folders.map(pathsIn))).flat();
  const pages = await Promise.all(["llms.txt", ...paths].map(readPage));
  return Buffer.concat(pages.flatMap((text) => [text, Buffer.from("\n")]));
}

const pathsIn = async (folder: string): Promise<string[]> =>
  (await readdir(new URL(`${folder}/`, docs)))
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `${folder}/${name}`);

const readPage = async (path: string): Promise<Page> =>
  Buffer.from(linkedHere(await readFile(new URL(path, docs), "utf8"), path));

/** A link to a page beside this one, or elsewhere in a checkout. */
const RELATIVE_LINK = /\[([^\]\n]+)\]\((?![a-z]+:|\/|#)([^)\s]+)\)/g;
const SERVED = new RegExp(`^/docs/(${folders.join("|")})/[^/]+\\.md$`);

/**
 * A page with links that lead somewhere from wherever it is read, also as part of the whole: to pages that are served. What only a
 * checkout has is named by its path there.
 */
const linkedHere = (text: string, path: string): string =>
  text.replaceAll(RELATIVE_LINK, (_all, label: string, link: string) => {
    const { pathname, hash } = new URL(link, `file:///docs/${path}`);
    if (SERVED.test(pathname)) return `[${label}](${pathname}${hash})`;
    const place = pathname.slice(1).replace(/\/$/, "");
    return label === place ? `\`${place}\`` : `${label} (\`${place}\` in Rookery's folder)`;
  });

const send = (context: Context, type: string, text: Page): Response =>
  context.body(text, 200, { "content-type": `${type}; charset=utf-8` });
