/** Content-Disposition and Content-Type of a response. Untrusted: every value is optional and sanitized. */

/** Characters of a file name: what common file systems take. */
const MAX_NAME_LENGTH = 255;

/** RFC 6266: `filename*=UTF-8''na%C3%AFve.txt`, which takes precedence over `filename="naive.txt"` and `filename=naive.txt`. */
const extendedName = /;\s*filename\*\s*=\s*"?utf-8'[^']*'([^;"\s]+)/i;
const plainName = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"\s]+))/i;

/**
 * The file's name from Content-Disposition, else from the last segment of the URL's path; null when neither has one.
 * Without folders, control characters and bidirectional controls, which would hide an extension.
 * @param disposition as node gives it, one character per octet
 */
export function fileNameOf(disposition: string | undefined, url: string): string | null {
  const header = disposition === undefined ? null : (extendedFrom(disposition) ?? plainFrom(disposition));
  return (header === null ? null : clean(header)) ?? clean(unescaped(new URL(url).pathname));
}

function extendedFrom(disposition: string): string | null {
  const text = extendedName.exec(disposition)?.[1];
  return text === undefined ? null : unescaped(text);
}

function plainFrom(disposition: string): string | null {
  const match = plainName.exec(disposition);
  const text = match?.[1]?.replaceAll(/\\(["\\])/g, "$1") ?? match?.[2];
  if (text === undefined) return null;
  // Servers that send octets beyond ASCII mostly send UTF-8.
  const utf8 = Buffer.from(text, "latin1").toString("utf8");
  return utf8.includes("\ufffd") ? text : utf8;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Percent signs that encode nothing are literal.
    return text;
  }
}

function clean(name: string): string | null {
  const last = name.split(/[/\\]/).at(-1) ?? "";
  const visible = last.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "").trim();
  return /^\.*$/.test(visible) ? null : visible.slice(0, MAX_NAME_LENGTH).toWellFormed();
}

const mediaType = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*(?:;|$)/;
const charset = /;\s*charset\s*=\s*"?([\w.:+-]+)/i;

/** `type/subtype` with its charset, if any; null for an invalid one, and for multipart, whose boundary is not part of the file. */
export function mediaTypeOf(contentType: string | undefined): string | null {
  const type = mediaType.exec(contentType ?? "")?.[1]?.toLowerCase();
  if (type === undefined || type.length > MAX_NAME_LENGTH || type.startsWith("multipart/")) return null;
  const set = charset.exec(contentType ?? "")?.[1];
  return set === undefined ? type : `${type}; charset=${set}`;
}
