/** How a part of a document is named in a sentence. */
import type { Path } from "./problems.ts";

/** Characters of a value that are shown. */
const SHOWN = 80;

/** `defaults.inboxes[0].address`; of an entry of a list that is the whole file, what it says. */
export function subjectOf(path: Path, value: unknown): string {
  if (path.length === 0) return "the file";
  if (path.length === 1 && typeof path[0] === "number" && typeof value !== "object") return quoted(value);
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${key}`))
    .join("");
}

/** As JSON, its end left out when it is long. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
