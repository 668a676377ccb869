/** What every page for people has: its head, its headers, and nothing that is loaded from elsewhere. */
import type { Context } from "hono";

/** A rook, so that no browser asks for an icon elsewhere. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'%3E%3Ctext y='.9em' font-size='90'%3E♜%3C/text%3E%3C/svg%3E";

/** Inline styles are allowed, because the viewer of the API docs sets them on its elements; inline scripts are not. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** @param title HTML @param styles paths of style sheets @param more what else the head has, HTML */
export const head = (title: string, styles: readonly string[], more = ""): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="${ICON}">
${styles.map((path) => `<link rel="stylesheet" href="${path}">`).join("")}${more}</head>`;

export const sendPage = (context: Context, html: string | Buffer<ArrayBuffer>): Response =>
  context.body(html, 200, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
  });

/** What leads from every page to the others. */
export const topBar = (apis: ReadonlyMap<string, string>): string =>
  `<header class="top"><a href="/docs">♜ Rookery</a>${[...apis]
    .map(([path, title]) => `<a href="${path}">${title}</a>`)
    .join("")}<a href="/docs/errors">Errors</a></header>\n`;

/** Of every page but the viewer of the API docs. */
export const pageStyle = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 15%, transparent); --soft: color-mix(in srgb, currentColor 6%, transparent); }
body { font: 1rem/1.55 system-ui, sans-serif; margin: 0; }
a { color: light-dark(#0b57d0, #8ab4f8); }
.top { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; padding: 0.75rem 1.5rem; border-bottom: 1px solid var(--line); }
.top a { text-decoration: none; }
.top a:first-child { font-weight: 700; color: inherit; }
.columns { display: grid; grid-template-columns: 15rem minmax(0, 1fr); max-width: 78rem; margin: 0 auto; }
.columns > nav { padding: 1rem 1.5rem; font-size: 0.9rem; border-right: 1px solid var(--line); }
.columns > nav h2 { font-size: 0.8rem; letter-spacing: 0.05em; text-transform: uppercase; opacity: 0.7; margin: 1.25rem 0 0.25rem; }
.columns > nav ul { list-style: none; margin: 0; padding: 0; }
.columns > nav a { display: block; padding: 0.15rem 0; text-decoration: none; }
.columns > nav a[aria-current] { font-weight: 700; color: inherit; }
main { padding: 1rem 2.5rem 4rem; max-width: 54rem; box-sizing: border-box; }
main.alone { margin: 0 auto; }
main > h1 { line-height: 1.2; }
:is(h1, h2, h3) > a { color: inherit; text-decoration: none; }
:is(h1, h2, h3) > a:hover { text-decoration: underline; }
:target { background: color-mix(in srgb, gold 30%, transparent); }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
:not(pre) > code { background: var(--soft); padding: 0.1em 0.3em; border-radius: 3px; }
pre { background: var(--soft); padding: 0.75rem 1rem; border-radius: 6px; overflow-x: auto; }
main table { display: block; overflow-x: auto; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem; border: 1px solid var(--line); }
blockquote { margin: 0; padding-left: 1rem; border-left: 3px solid var(--line); opacity: 0.85; }
main h2 { margin: 2.5rem 0 0; font-size: 1.25rem; }
.status { margin: 0; opacity: 0.75; }
dt { margin-top: 0.75rem; }
dd { margin: 0; opacity: 0.85; }
.codes { columns: 14rem; }
.codes a { display: block; }
@media (max-width: 50rem) {
  .columns { display: flex; flex-direction: column-reverse; }
  .columns > nav { border-right: 0; border-top: 1px solid var(--line); }
  main { padding: 1rem 1.25rem 2rem; }
}
`;
