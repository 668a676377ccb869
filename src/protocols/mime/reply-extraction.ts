/** The new part of a message, without the history quoted under it (what talon does for AgentMail). Never throws. */
import { withoutQuotedHtml } from "./quoted-html.ts";
import { withoutQuotedText } from "./quoted-text.ts";

/** Characters: a longer text is left whole. It is no letter, and scanning it would block the event loop. */
const MAX_EXTRACTED = 1_000_000;

/** What the header says of the mail's place in a conversation. */
export interface ConversationHeader {
  readonly subject: string | null;
  /** True when the mail has In-Reply-To or References. */
  readonly isAnswer: boolean;
}

/**
 * A text that is all history is left whole, and so is a forward: what is forwarded is what its sender wants read.
 * @param header null: not known, so that the body alone decides
 */
export function extractReply(
  text: string | null,
  html: string | null,
  header: ConversationHeader | null = null,
): { readonly text: string | null; readonly html: string | null } {
  const isForward = header !== null && forwardPrefix.test(header.subject ?? "");
  if (isForward) return { text: text?.trim() ?? null, html: html?.trim() ?? null };
  return { text: extract(text, withoutQuotedText), html: extract(html, withoutQuotedHtml) };
}

const forwardPrefix = /^\s{0,9}(fwd?|fw|wg|tr|rv|vb|enc)\s?:/i;

function extract(whole: string | null, cut: (whole: string) => string): string | null {
  if (whole === null || whole.length > MAX_EXTRACTED) return whole?.trim() ?? null;
  return cut(whole).trim();
}
