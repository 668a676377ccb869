/** The new part of a message, without the history quoted under it (what talon does for AgentMail). Never throws. */
import EmailReplyParser from "email-reply-parser";
import { parseHTML } from "linkedom";
import * as planer from "planer";

/** Characters: beyond it the libraries' regular expressions cost more than a reader would gain. */
const MAX_EXTRACTED = 200_000;

/** Without one of these there is no quoted history to look for, and ordinary mail costs nothing. */
const textMarker =
  /^[^\S\r\n]*>|^-{2,}[^\S\r\n]*\S|^_{5,}|^On .{1,200}|wrote:|^From:|schrieb|escribi|a écrit|napisał|skrev|schreef/im;
const htmlMarker =
  /blockquote|gmail_|divRplyFwdMsg|appendonsend|OutlookMessageHeader|border-top|moz-cite|yahoo_quoted|<hr/i;

/**
 * A run of blank lines, or a line of this length: the parser's expressions take time with the square of either, 0.9 s
 * for 10,000 blank lines, and minutes for the longest text it is given. Nobody's mail has such.
 */
const endless = /(?:\n[^\S\n]*){101}|[^\n]{2000}/;

export function extractReply(
  text: string | null,
  html: string | null,
): { text: string | null; html: string | null } {
  return { text: text === null ? null : extractText(text), html: html === null ? null : extractHtml(html) };
}

function extractText(text: string): string {
  if (text.length > MAX_EXTRACTED || endless.test(text) || !textMarker.test(text)) return text.trim();
  try {
    const reply = new EmailReplyParser().parseReply(text).trim();
    return reply === "" ? text.trim() : reply;
  } catch {
    return text.trim();
  }
}

function extractHtml(html: string): string {
  if (html.length > MAX_EXTRACTED || !htmlMarker.test(html)) return html.trim();
  try {
    const { document } = parseHTML("<!doctype html><html><body></body></html>");
    return planer.extractFrom(html, "text/html", document).trim();
  } catch {
    return html.trim();
  }
}
