/** Message-IDs (RFC 5322 section 3.6.4), with their angle brackets. */

/** Longest id kept, octets: one header line. Beyond 2,704 PostgreSQL could not index it. */
const MAX_MESSAGE_ID = 998;

/** The bracketed form; adds missing brackets. Null when nothing is left, or when it holds spaces or controls. */
export function normaliseMessageId(text: string): string | null {
  // Checked first: trimming a long run of brackets below takes quadratic time.
  if (text.length > 2 * MAX_MESSAGE_ID) return null;
  const id = text.trim().replace(/^<+/, "").replace(/>+$/, "").trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (id === "" || Buffer.byteLength(id) > MAX_MESSAGE_ID || /[\s<>\u0000-\u001f\u007f]/.test(id))
    return null;
  return `<${id}>`;
}

/** Ids of a References or In-Reply-To header, in order, once each; of more than `limit` the last, which are the nearest. */
export function parseMessageIds(text: string, limit: number): string[] {
  const bracketed = text.match(/<[^<>]{1,998}>/g);
  const candidates = bracketed ?? text.split(/[\s,]+/);
  const ids = candidates.map(normaliseMessageId).filter((id) => id !== null);
  return [...new Set(ids)].slice(-limit);
}
