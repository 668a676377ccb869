/** The pages of docs/ as a browser shows them: the same text as for agents, beside a list of all pages. */
import type { Token } from "marked";
import { head, topBar } from "./html-page.ts";

/** A page of docs/, and what stands beside it. */
interface DocPage {
  /** Its own, without .md: "/docs/guides/webhooks", or "/docs" for the index. */
  readonly path: string;
  /** Markdown, whose links begin with a slash. */
  readonly text: string;
  /** llms.txt: a heading and a list of links for each kind of page. */
  readonly index: string;
}

/** @param apis references of the dialects, by their title @returns HTML */
export async function docPage(page: DocPage, apis: ReadonlyMap<string, string>): Promise<string> {
  // Loaded at the first page that somebody opens: most servers never show one.
  const { Marked } = await import("marked");
  const ids = new Map<string, number>();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const id = idOf(textOf(tokens), ids);
        return `<h${depth} id="${id}"><a href="#${id}">${this.parser.parseInline(tokens)}</a></h${depth}>\n`;
      },
    },
    walkTokens(token) {
      if (token.type === "link") token.href = readable(token.href);
    },
  });
  const title = /^# (.*)$/m.exec(page.text)?.[1] ?? "Rookery";
  const source = page.path === "/docs" ? "/llms.txt" : `${page.path}.md`;
  const alternate = `<link rel="alternate" type="text/markdown" href="${source}">`;
  return `${head(page.path === "/docs" ? "Rookery" : `${title} · Rookery`, ["/docs/pages.css"], alternate)}<body>
${topBar(apis)}<div class="columns"><nav aria-label="Pages">${sideBar(page)}</nav>
<main>${await marked.parse(page.text)}</main></div></body></html>`;
}

/** Guides before resources: who reads a page wants a task done. What is no page of docs/ is in the bar above. */
function sideBar({ index, path }: DocPage): string {
  const sections = index.split(/^## /m).slice(1);
  const shown = sections.filter(
    (section) => section.includes("(/docs/guides/") || section.includes("(/docs/api/"),
  );
  return shown
    .toReversed()
    .map((section) => {
      const links = [...section.matchAll(/^- \[([^\]]+)\]\(([^)]+)\)/gm)].map(([, label = "", link = ""]) => {
        const href = readable(link);
        return `<li><a href="${href}"${href === path ? ' aria-current="page"' : ""}>${label}</a></li>`;
      });
      return `<h2>${/^.*/.exec(section)?.[0]}</h2><ul>${links.join("")}</ul>`;
    })
    .join("\n");
}

/** A link to the Markdown of a page leads to what a browser shows of it. */
const readable = (link: string): string => link.replace(/^(\/docs\/(?:api|guides)\/[^/#]+)\.md(?=#|$)/, "$1");

const textOf = (tokens: readonly Token[]): string =>
  tokens
    .map((token) =>
      "tokens" in token && token.tokens ? textOf(token.tokens) : "text" in token ? token.text : "",
    )
    .join("");

/** As GitHub makes it of a heading, so that links to one lead there in both places. A second of the same text has a number. */
function idOf(heading: string, ids: Map<string, number>): string {
  const id = heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
  const before = ids.get(id) ?? 0;
  ids.set(id, before + 1);
  return before === 0 ? id : `${id}-${before}`;
}
