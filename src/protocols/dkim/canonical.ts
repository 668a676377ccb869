/** The relaxed forms that are hashed (RFC 6376 sections 3.4.2 and 3.4.4). Text is one character an octet (latin1). */
import type { Field } from "./header-fields.ts";

/** With its CRLF. */
export const canonicalField = ({ key, value }: Field): string =>
  `${key}:${value
    .replaceAll("\r\n", "")
    .replace(/[\t ]+/g, " ")
    .replace(/^ | $/g, "")}\r\n`;

/** @param body with CR LF line ends */
export function canonicalBody(body: Buffer): string {
  // A run is found by its first character alone: a pattern for runs before line ends would look at each run once for each of its characters.
  // A single space, as it stands between most words, is left as it is: to replace it took three quarters of the time.
  const text = body
    .toString("latin1")
    .replace(/ [\t ]+|\t[\t ]*/g, " ")
    .replaceAll(" \r\n", "\r\n");
  let end = text.endsWith(" ") ? text.length - 1 : text.length;
  while (end >= 2 && text.startsWith("\r\n", end - 2)) end -= 2;
  return end === 0 ? "" : `${text.slice(0, end)}\r\n`;
}
