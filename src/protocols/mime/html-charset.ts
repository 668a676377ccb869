/** The charset an HTML document names for itself. */

/** Bytes at its start in which it is looked for: four times what the HTML standard looks at. */
const MAX_PRESCAN = 4096;

const meta = /<meta\b[^>]{0,500}?\bcharset\s{0,20}=\s{0,20}["']?\s{0,20}([\w.:-]{1,40})/i;
const xml = /^\s*<\?xml\b[^>]{0,200}?\bencoding\s{0,20}=\s{0,20}["']([\w.:-]{1,40})/i;

/** @returns a label; null when it names none. Its own words cannot be UTF-16 where they can be read as ASCII. */
export function charsetOfHtml(bytes: Buffer): string | null {
  const start = bytes.toString("latin1", 0, MAX_PRESCAN);
  const label = (meta.exec(start) ?? xml.exec(start))?.[1] ?? null;
  return label !== null && /^utf-?(16|32)/i.test(label) ? "utf-8" : label;
}
