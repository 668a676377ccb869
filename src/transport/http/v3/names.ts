/** Fields of operations' inputs in the words of this API. */
import type { Path } from "../../../domain/door/text.ts";
import { wirePath } from "../dialect/naming.ts";
import type { RenamedFields } from "../dialect/route.ts";

/** A path of an operation's input as the request of the route has it: in snake_case where the route says nothing else. */
export function wireNames(path: Path, renamed: RenamedFields = {}): (string | number)[] {
  const [first, ...rest] = path;
  const other = typeof first === "string" ? renamed[first] : undefined;
  return other === undefined ? wirePath(path) : [...other, ...wirePath(rest)];
}
