/** What of a representation a GET asks for (RFC 9110 sections 13 and 14). */
import type { ByteRange } from "../../domain/mail/files/index.ts";

/** What the request's header fields say; each undefined when it has none. */
export interface RangeHeaders {
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

/**
 * The octets that are to be sent. All of them for what is no range, or several, which may be ignored (RFC 9110 section 14.2), and where If-Range
 * names another version. "same": the caller has them; "none": there are none in the range.
 * @param etag of the representation; null without one
 */
export function rangeOf(
  { range = "", ifRange, ifNoneMatch }: RangeHeaders,
  size: number,
  etag: string | null,
): ByteRange | "all" | "same" | "none" {
  if (etag !== null && ifNoneMatch !== undefined && isAmong(etag, ifNoneMatch)) return "same";
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(range.trim()) ?? [];
  if (first === undefined || last === undefined || first + last === "") return "all";
  if (ifRange !== undefined && ifRange.trim() !== etag) return "all";
  if (first === "") return within({ start: Math.max(0, size - Number(last)), end: size });
  if (last !== "" && Number(last) < Number(first)) return "all";
  return within({ start: Number(first), end: last === "" ? size : Math.min(size, Number(last) + 1) });
}

const within = (range: ByteRange): ByteRange | "none" => (range.start < range.end ? range : "none");

/** A weak one is the same where only one of two versions is asked for (RFC 9110 section 13.1.2). */
const isAmong = (etag: string, list: string): boolean =>
  list.split(",").some((one) => ["*", etag, `W/${etag}`].includes(one.trim()));
