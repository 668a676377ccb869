/** The new part of a message, without the history quoted under it (what talon does for AgentMail). Never throws. */
import { type HtmlReply, mayQuote, replyInHtml, wholeOfHtml } from "./quoted-html.ts";
import { type Place, withoutQuotedText } from "./quoted-text.ts";
import { answerPrefixes, forwardPrefixes } from "./reply-phrases.ts";

/** Characters: a longer text is left whole. It is no letter, and scanning it would block the event loop. */
const MAX_EXTRACTED = 1_000_000;

/** What the header says of the mail's place in a conversation. */
export interface ConversationHeader {
  readonly subject: string | null;
  /** True when the mail has In-Reply-To or References. */
  readonly isAnswer: boolean;
}

/**
 * A text that is all history is left whole, and so is a forward: what is forwarded is what its sender wants read. Without a text, or
 * with an empty one, the text is that of the HTML.
 * @param header null: not known, so that the body alone decides
 */
export function extractReply(
  text: string | null,
  html: string | null,
  header: ConversationHeader | null = null,
): { readonly text: string | null; readonly html: string | null } {
  const place = placeOf(header);
  const hasText = text !== null && text.trim() !== "";
  const fromHtml = html === null ? null : extractHtml(html, place, hasText);
  const fromText = hasText ? extractText(text, place) : (fromHtml?.text ?? text);
  return { text: fromText?.trim() ?? null, html: fromHtml?.html.trim() ?? null };
}

const extractText = (text: string, place: Place | "forward"): string =>
  place === "forward" || text.length > MAX_EXTRACTED ? text : withoutQuotedText(text, place);

/** @param hasText true when the text of the HTML is not needed, so that most mails that answer none need not be parsed */
function extractHtml(html: string, place: Place | "forward", hasText: boolean): HtmlReply {
  const isWhole = place === "forward" || (place === "other" && !mayQuote(html));
  if (html.length > MAX_EXTRACTED || (isWhole && hasText)) return { html, text: null };
  return place === "forward" ? wholeOfHtml(html) : replyInHtml(html, place);
}

/** Outlook and Gmail give a forward In-Reply-To as well, so its subject comes first; `Re: Fwd: x` answers a forward. */
function placeOf(header: ConversationHeader | null): Place | "forward" {
  if (header === null) return "unknown";
  const prefix =
    subjectPrefix
      .exec(header.subject ?? "")?.[1]
      ?.toLowerCase()
      .trim() ?? "";
  if (answers.has(prefix)) return "answer";
  if (forwards.has(prefix)) return "forward";
  return header.isAnswer ? "answer" : "other";
}

/** `Re:`, `RE :`, `Re[2]:`, `Re(2):`, `回复：`, behind tags in brackets such as `[EXTERNAL]`. */
const subjectPrefix =
  /^\s{0,9}(?:\[[^\]]{1,40}\]\s{0,9}){0,5}([\p{L}\p{M}.]{1,12}) ?(?:\[\d{1,3}\]|\(\d{1,3}\))? ?[:：]/u;

const answers: ReadonlySet<string> = new Set(answerPrefixes);
const forwards: ReadonlySet<string> = new Set(forwardPrefixes);
