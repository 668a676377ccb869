/** Bodies of mail as far as a model reads them. */
import { MAX_TOOL_BODY_CHARACTERS } from "./limits.ts";

/** Fields of results that hold bodies. */
const bodies: ReadonlySet<string> = new Set(["text", "html", "extractedText", "extractedHtml"]);

/**
 * A result in which all bodies together have no more characters than a result may have, but for what says how many were left out: the longest are cut, so that many short ones
 * stay whole beside a long one. @param result with the names that tools have
 */
export function shortened(result: unknown): unknown {
  const level = levelOf(lengthsIn(result));
  return level === null ? result : cut(result, level);
}

function lengthsIn(value: unknown, lengths: number[] = []): number[] {
  if (typeof value !== "object" || value === null) return lengths;
  for (const [name, member] of Object.entries(value))
    if (typeof member !== "string") lengthsIn(member, lengths);
    else if (bodies.has(name)) lengths.push(member.length);
  return lengths;
}

/** The length to which bodies are cut, so that together they have what they may have; null: they have no more. */
function levelOf(lengths: readonly number[]): number | null {
  let [left, count] = [MAX_TOOL_BODY_CHARACTERS, lengths.length];
  for (const length of lengths.toSorted((a, b) => a - b)) {
    if (length * count > left) return Math.floor(left / count);
    left -= length;
    count -= 1;
  }
  return null;
}

function cut(value: unknown, level: number): unknown {
  if (Array.isArray(value)) return value.map((item) => cut(item, level));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      typeof member === "string" && bodies.has(name) ? cutText(member, level) : cut(member, level),
    ]),
  );
}

function cutText(text: string, level: number): string {
  if (text.length <= level) return text;
  // The end may part a character of two halves.
  const kept = text.slice(0, level).toWellFormed();
  return `${kept}\n[${text.length - level} more characters are left out]`;
}
