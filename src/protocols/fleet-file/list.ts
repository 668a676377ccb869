/** Tenants as a list: one slug a line. */
import { MAX_TENANTS } from "./limits.ts";
import type { Reading } from "./reading.ts";

/**
 * A line that is empty or begins with # names none, and so does what follows a # behind a space.
 * @param text with LF as its line ends, the last of which may be missing
 */
export function readList(text: string): Reading {
  const slugs: string[] = [];
  const lines: number[] = [];
  // One more than are allowed tells that there are too many.
  for (let start = 0, line = 1; start <= text.length && slugs.length <= MAX_TENANTS; line++) {
    const next = text.indexOf("\n", start);
    const end = next === -1 ? text.length : next;
    const slug = text
      .slice(start, end)
      .replace(/(^|\s)#.*$/, "")
      .trim();
    if (slug !== "") {
      slugs.push(slug);
      lines.push(line);
    }
    start = end + 1;
  }
  return {
    value: slugs,
    placeOf: ([index]) => ({ line: lines[Number(index ?? 0)] ?? 1, column: null }),
  };
}
