/** Preprocessing of encoded words (RFC 2047) for the library that decodes them. */

const word = String.raw`=\?([^?\s]{1,75})\?B\?([A-Za-z0-9+/=]*)\?=`;
const run = new RegExp(`${word}(?:\\s+${word})+`, "gi");
const one = new RegExp(word, "gi");

/**
 * Joins adjacent base64 words of one charset. Many mail clients split a multi-byte character between two words, which
 * RFC 2047 section 5 forbids, and neither half decodes alone.
 */
export function joinWords(text: string): string {
  return text.replaceAll(run, (words) => {
    const pieces = [...words.matchAll(one)].map(([, charset = "", base64 = ""]) => ({ charset, base64 }));
    const charsets = new Set(pieces.map(({ charset }) => charset.toLowerCase()));
    if (charsets.size !== 1) return words;
    const bytes = Buffer.concat(pieces.map(({ base64 }) => Buffer.from(base64, "base64")));
    return `=?${pieces[0]?.charset}?B?${bytes.toString("base64")}?=`;
  });
}
