/**
 * Unsubscribe links (RFC 2369, RFC 8058), without a key. A GET only shows a page: programs that scan mail follow links. The page's
 * button, and the one click of mail programs, is a POST, which ends the mail.
 */
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Failure } from "../../domain/door/failures.ts";
import {
  openSubscription,
  type Subscription,
  type UnsubscribeParts,
} from "../../domain/guardrails/suppressions/index.ts";
import { escapeHtml } from "../../protocols/mime/index.ts";
import type { Dialect } from "./dialect/dialect.ts";
import { RETRY_AFTER_SECONDS } from "./limits.ts";

/** Nothing is loaded and nothing runs; the form goes back to the link itself, and no other site learns the link. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "referrer-policy": "no-referrer",
  "x-robots-tag": "noindex",
  "cache-control": "no-store",
};

/** Adds the links below `/<dialect>/unsubscribe/`. */
export function mountUnsubscribe(app: Hono, dialect: Dialect, parts: UnsubscribeParts): void {
  const path = `/${dialect.name}/unsubscribe/:token`;
  const answer = async (
    context: Context,
    act: (found: Subscription) => Promise<string>,
  ): Promise<Response> => {
    try {
      const page = await act(await openSubscription(parts, context.req.param("token") ?? ""));
      return context.html(page, 200, HEADERS);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return refused(context, dialect, error);
    }
  };
  app.get(path, (context) => answer(context, async (found) => askingPage(found)));
  app.post(path, (context) =>
    answer(context, async (found) => {
      await found.end();
      return donePage(found);
    }),
  );
}

function refused(context: Context, dialect: Dialect, failure: Failure): Response {
  const { status } = dialect.refusal(failure, {
    requestId: context.get("requestId"),
    path: context.req.path,
  });
  const isForNow = status === 503;
  if (isForNow) context.header("retry-after", String(RETRY_AFTER_SECONDS));
  const page = isForNow
    ? pageOf("Not now", "<p>Please try again in a few seconds.</p>")
    : pageOf("Not a link of ours", "<p>This link is not whole. Please copy all of it out of the mail.</p>");
  return context.html(page, status as ContentfulStatusCode, HEADERS);
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 1.05rem/1.6 system-ui, sans-serif; max-width: 32rem; margin: 12vh auto; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; line-height: 1.3; }
strong { overflow-wrap: anywhere; }
button { font: inherit; font-weight: 600; padding: .65rem 1.4rem; border: 0; border-radius: .5rem;
  background: #1d4ed8; color: #fff; cursor: pointer; }
button:hover { background: #1e40af; }
button:focus-visible { outline: 3px solid #93c5fd; outline-offset: 2px; }
small { opacity: .75; }
`;

const pageOf = (
  title: string,
  body: string,
): string => `<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>${title}</title><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<style>${STYLE}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>`;

const strong = (address: string): string => `<strong>${escapeHtml(address)}</strong>`;
const senderOf = ({ sender }: Subscription): string => (sender === null ? "this sender" : strong(sender));

const askingPage = (found: Subscription): string =>
  pageOf(
    "Unsubscribe",
    `<p>Shall ${strong(found.recipient)} get no more mail from ${senderOf(found)}?</p>
<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button type="submit">Unsubscribe</button></form>
<p><small>Nothing has changed yet.</small></p>`,
  );

const donePage = (found: Subscription): string =>
  pageOf(
    "Unsubscribed",
    `<p>${strong(found.recipient)} gets no more mail from ${senderOf(found)}, nor from others of the same organization.</p>
<p><small>You may close this page.</small></p>`,
  );
