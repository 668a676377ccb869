/** The new part of a message, without the history quoted under it (what talon does for AgentMail). Never throws. */
import { withoutQuotedHtml } from "./quoted-html.ts";
import { withoutQuotedText } from "./quoted-text.ts";

/** Characters: a longer text is left whole. It is no letter, and scanning it would block the event loop. */
const MAX_EXTRACTED = 1_000_000;

/** A text that is all history, such as a forward without a note, is left whole. */
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
