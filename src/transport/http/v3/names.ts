/** Fields of operations' inputs under the names of this API, where those are not the same in snake_case. */
import type { Path } from "../../../domain/door/text.ts";
import { wirePath } from "../dialect/naming.ts";

/** By the input's field; each noun adds the fields that are called otherwise here. */
const otherwise: Readonly<Record<string, readonly string[]>> = {
  displayName: ["name"],
  groupDomain: ["domain"],
  assign: ["assign_grants"],
  remove: ["remove_grants"],
};

/** A path of an operation's input in the words of a request. */
export function wireNames(path: Path): (string | number)[] {
  const [first, ...rest] = path;
  const renamed = typeof first === "string" ? otherwise[first] : undefined;
  return renamed === undefined ? wirePath(path) : [...renamed, ...wirePath(rest)];
}
