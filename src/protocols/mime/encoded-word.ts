/** Encoded words (RFC 2047), as far as the library that decodes them needs help. */

const word = String.raw`=\?([^?\s]{1,75})\?B\?([A-Za-z0-9+/=]*)\?=`;
const run = new RegExp(`${word}(?:\\s+${word})+`, "gi");
const one = new RegExp(word, "gi");

/**
 * Makes one word of neighbours in base64 and one charset. Many programs cut a character in two between them, which RFC 2047
 * section 5 forbids, and each half decodes to nothing readable.
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
