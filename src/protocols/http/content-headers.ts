/** Content-Disposition and Content-Type of a response. Untrusted: every value is optional and sanitized. */
import { decodeExtended, parse } from "content-disposition";

/** Characters of a file name: what common file systems take. */
const MAX_NAME_LENGTH = 255;

/**
 * The file's name from Content-Disposition, else from the last segment of the URL's path; null when neither has one.
 * Without folders, control characters and bidirectional controls, which would hide an extension.
 * @param disposition as node gives it, one character per octet
 */
export function fileNameOf(disposition: string | undefined, url: string): string | null {
  const header = disposition === undefined ? null : nameIn(disposition);
  return (header === null ? null : clean(header)) ?? clean(decoded(new URL(url).pathname));
}

/** RFC 6266: `filename*=UTF-8''na%C3%AFve.txt` takes precedence over `filename="naive.txt"`. */
function nameIn(disposition: string): string | null {
  // Decoded here: the library leaves a quoted extended value alone, and gives both parameters one name once they are decoded.
  const { parameters } = parse(withLiteralBackslashes(disposition), { extended: false });
  return decodeExtended(parameters["filename*"] ?? "") || utf8Of(parameters["filename"]);
}

/** A backslash escapes a quote or itself. Before anything else it is a path's, from a sender that escapes nothing. */
const withLiteralBackslashes = (header: string): string =>
  header.replaceAll(/\\(.)/gs, (pair, next: string) => (/["\\]/.test(next) ? pair : `\\\\${next}`));

/** Servers that send octets beyond ASCII mostly send UTF-8. */
function utf8Of(octets: string | undefined): string | null {
  if (octets === undefined) return null;
  const utf8 = Buffer.from(octets, "latin1").toString("utf8");
  return utf8.includes("\ufffd") ? octets : utf8;
}

function decoded(text: string): string {
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
