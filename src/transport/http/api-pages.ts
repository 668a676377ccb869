/** Pages of a dialect's routes: all of them in a list, and those of one noun in a viewer that calls them as well. */
import type { Dialect, Noun } from "./dialect/dialect.ts";
import type { Route } from "./dialect/route.ts";
import { head, topBar } from "./html-page.ts";

/** Titles of the dialects' API docs, by their paths. */
type Apis = ReadonlyMap<string, string>;

/** What a noun's page and document are called: `api-keys`. By its title, as two may be about routes of one name. */
export const pageNameOf = ({ title }: Pick<Noun, "title">): string =>
  title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

/** What the API is, and every route by its noun, each with a link to it in the viewer. @returns HTML */
export async function apiIndex(dialect: Dialect, apis: Apis): Promise<string> {
  // Loaded at the first page that somebody opens: most servers never show one.
  const { Marked } = await import("marked");
  const { title, about } = dialect.document;
  const nouns = dialect.nouns.map((noun) => nounList(dialect, noun));
  return `${head(title, ["/docs/pages.css"])}<body>${topBar(apis)}<div class="columns"><nav aria-label="Resources"><ul>${dialect.nouns
    .map((noun) => `<li><a href="#${pageNameOf(noun)}">${text(noun.title)}</a></li>`)
    .join("")}</ul></nav>
<main><h1>${text(title)}</h1>${await new Marked().parse(about)}${nouns.join("\n")}</main></div></body></html>`;
}

function nounList(dialect: Dialect, noun: Noun): string {
  const page = `/docs/${dialect.name}/${pageNameOf(noun)}`;
  const routes = noun.routes.map(
    (route) =>
      `<dt><a href="${page}#${placeOf(noun, route)}"><code>${route.method.toUpperCase()} ${text(route.path)}</code></a></dt><dd>${text(route.summary)}</dd>`,
  );
  return `<h2 id="${pageNameOf(noun)}"><a href="${page}">${text(noun.title)}</a></h2><p>${text(noun.about)}</p><dl>${routes.join("")}</dl>`;
}

/** Where the viewer shows a route, in its own spelling. */
const placeOf = ({ title }: Noun, { name }: Route): string =>
  `/${encodeURIComponent(title)}/${encodeURIComponent(name)}`;

const text = (plain: string): string =>
  plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** The viewer of one noun's routes: with all two hundred of an API it takes seconds to show the first. @returns HTML */
export function apiPage({ name, document, nouns }: Dialect, noun: Noun, apis: Apis): string {
  const json = `/openapi/${name}/${pageNameOf(noun)}.json`;
  const others = nouns.map((one) => {
    const current = one === noun ? ' aria-current="page"' : "";
    return `<a href="/docs/${name}/${pageNameOf(one)}"${current}>${text(one.title)}</a>`;
  });
  return `${head(`${text(noun.title)} · ${text(document.title)}`, ["/docs/assets/swagger-ui.css", "/docs/pages.css", "/docs/api.css"])}<body>
${topBar(apis)}<nav class="nouns" aria-label="Resources">${others.join("")}</nav><div id="api" data-document="${json}"></div>
<noscript>This page needs JavaScript. The same is in <a href="${json}">${json}</a>,
and the errors are on <a href="/docs/${name}/errors">a page of their own</a>.</noscript>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>`;
}

/**
 * The validator would be sent the document, and is on another host. Who signed in on one page has on the others of this tab, and nowhere
 * when it is closed: a key is not left on the disk of whoever tried it.
 */
export const apiScript = `const KEPT = "authorized";
const keeping = () => ({ statePlugins: { auth: { wrapActions: {
  authorize: (original) => (given) => {
    sessionStorage.setItem(KEPT, JSON.stringify(given));
    return original(given);
  },
  logout: (original) => (names) => {
    sessionStorage.removeItem(KEPT);
    return original(names);
  },
} } } });
const viewer = SwaggerUIBundle({
  url: document.getElementById("api").dataset.document,
  dom_id: "#api",
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelExpandDepth: 2,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  validatorUrl: null,
  plugins: [keeping],
  onComplete: () => {
    const kept = sessionStorage.getItem(KEPT);
    if (kept !== null) viewer.authActions.authorize(JSON.parse(kept));
  },
});`;

/** The viewer offers a choice of servers, of media types and of links for every answer, of which there is one or none. */
export const apiStyle = `
.nouns { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; padding: 0.5rem 1.5rem; font-size: 0.9rem; border-bottom: 1px solid var(--line); }
.nouns a { text-decoration: none; }
.nouns a[aria-current] { font-weight: 700; color: inherit; }
.swagger-ui .operation-servers,
.swagger-ui .schemes-server-container > div,
.swagger-ui .response-control-media-type,
.swagger-ui .response-col_links { display: none; }
`;
