/** Subjects and bodies of replies and forwards. */
import { escapeHtml, htmlOfText } from "./html-text.ts";

const prefixed = (subject: string | null, prefix: string, known: RegExp): string => {
  const base = subject ?? "";
  return known.test(base) ? base : `${prefix} ${base}`.trimEnd();
};

/** `Re: ` once. */
export const replySubject = (subject: string | null): string => prefixed(subject, "Re:", /^\s*re\s*:/i);

/** `Fwd: ` once. */
export const forwardSubject = (subject: string | null): string =>
  prefixed(subject, "Fwd:", /^\s*(fwd?|fw)\s*:/i);

export interface Bodies {
  readonly text: string | null;
  readonly html: string | null;
}

export interface ForwardedOriginal extends Bodies {
  readonly from: string;
  readonly date: Date;
  readonly subject: string | null;
  readonly to: readonly string[];
}

/**
 * The caller's note, then the original below a header block. HTML is written when either has some, and no text when the
 * original is HTML only: a text part that ends at the header block would look like an empty original.
 */
export function forwardedBody(note: Bodies, original: ForwardedOriginal): Bodies {
  const head = [
    "---------- Forwarded message ----------",
    `From: ${original.from}`,
    `Date: ${original.date.toUTCString()}`,
    `Subject: ${original.subject ?? ""}`,
    `To: ${original.to.join(", ")}`,
  ];
  const isTextLost = original.text === null && original.html !== null;
  const whole = [note.text, head.join("\n"), original.text].filter((part) => part !== null).join("\n\n");
  const text = isTextLost ? null : whole;
  if (note.html === null && original.html === null) return { text, html: null };
  const paragraph = (plain: string | null): string => (plain === null ? "" : htmlOfText(plain));
  const html = [
    note.html ?? paragraph(note.text),
    `<p>${head.map(escapeHtml).join("<br>")}</p>`,
    original.html ?? paragraph(original.text),
  ].join("\n");
  return { text, html };
}
