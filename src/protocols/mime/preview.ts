/** Characters of a preview, newlines included. */
const PREVIEW_LENGTH = 200;

/** The start of the text, newlines kept, no surrogate pair split; null without any. */
export function previewOf(text: string | null): string | null {
  if (text === null) return null;
  const start = text
    .trimStart()
    .slice(0, PREVIEW_LENGTH)
    .toWellFormed()
    .replace(/\ufffd$/, "")
    .trimEnd();
  return start === "" ? null : start;
}
