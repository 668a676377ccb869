/** Fields of operations' inputs in the words of an API. */
import type { Path } from "../../../domain/door/text.ts";
import { wirePath } from "./naming.ts";
import type { RenamedFields } from "./route.ts";

/** A path of an operation's input as the request of the route has it: in snake_case where the route says nothing else. */
export function wireNames(path: Path, renamed: RenamedFields = {}): (string | number)[] {
  const [first] = path;
  if (typeof first !== "string") return wirePath(path);
  // A field of a field is called otherwise under both of their names, wherever it lies.
  for (const [index, part] of path.entries()) {
    const next = path[index + 1];
    const deeper =
      typeof part === "string" && typeof next === "string" ? renamed[`${part}.${next}`] : undefined;
    if (deeper !== undefined)
      return [...wirePath(path.slice(0, index)), ...deeper, ...wirePath(path.slice(index + 2))];
  }
  const other = renamed[first];
  return other === undefined ? wirePath(path) : [...other, ...wirePath(path.slice(1))];
}
