/** The new part of a message, without the history quoted under it (what talon does for AgentMail). Never throws. */
import { withoutQuotedHtml } from "./quoted-html.ts";
import { withoutQuotedText } from "./quoted-text.ts";

/** Characters: a longer text is shown whole. It is no letter, and reading it would keep others waiting. */
const MAX_EXTRACTED = 1_000_000;

/** What is left empty by the cut was nothing but history, as when somebody only forwards: it is then shown whole. */
export function extractReply(
  text: string | null,
  html: string | null,
): { readonly text: string | null; readonly html: string | null } {
  return { text: extract(text, withoutQuotedText), html: extract(html, withoutQuotedHtml) };
}

function extract(whole: string | null, cut: (whole: string) => string): string | null {
  if (whole === null || whole.length > MAX_EXTRACTED) return whole?.trim() ?? null;
  return cut(whole).trim();
}
