/** Says of a mail that an AI wrote it, where the policy of the sender's pod wants that. */
import { escapeHtml } from "../../../protocols/mime/index.ts";
import type { Disclosure } from "../../door/mail-limits.ts";
import type { CheckedOutgoing } from "./outgoing.ts";

/** No RFC has a field for this; the name and the value are those of an Internet-Draft for HTTP (draft-abaris-aicdh). */
const FIELD = "AI-Disclosure";
const VALUE = "mode=ai-originated";

/** The field that a caller gave, or a footer that is at the end already, is not written again. */
export function disclosed<Mail extends Pick<CheckedOutgoing, "text" | "html" | "headers">>(
  mail: Mail,
  { hasHeader, footer }: Disclosure,
): Mail {
  const isSaid = Object.keys(mail.headers).some((name) => name.toLowerCase() === FIELD.toLowerCase());
  const headers = hasHeader && !isSaid ? { ...mail.headers, [FIELD]: VALUE } : mail.headers;
  if (footer === null) return { ...mail, headers };
  const { text, html } = mail;
  return {
    ...mail,
    headers,
    text: text === null && html !== null ? null : textWith(text ?? "", footer),
    html: html === null ? null : htmlWith(html, footer),
  };
}

/** Behind the line that begins a signature (RFC 3676 section 4.3), which readers of replies leave out. */
function textWith(text: string, footer: string): string {
  const body = text.trimEnd();
  return body.endsWith(footer) ? text : `${body}\n\n-- \n${footer}\n`.trimStart();
}

/** Inside the body when it has an end. */
function htmlWith(html: string, footer: string): string {
  const block = `<div>-- <br>${escapeHtml(footer).replaceAll("\n", "<br>")}</div>`;
  const end = endOfBody(html);
  return html.slice(0, end).trimEnd().endsWith(block)
    ? html
    : `${html.slice(0, end)}${block}${html.slice(end)}`;
}

/** Where the last `</body>` begins, or the end without one. From behind: a pattern that looks for the last takes the square of their number. */
function endOfBody(html: string): number {
  const tag = /<\/body\s*>/iy;
  for (let at = html.lastIndexOf("</"); at !== -1; at = at === 0 ? -1 : html.lastIndexOf("</", at - 1)) {
    tag.lastIndex = at;
    if (tag.test(html)) return at;
  }
  return html.length;
}
