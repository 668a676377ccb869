/**
 * What a failure says, without a word of any wire: fields are named as the operation's input names them, and each dialect
 * writes its own names in their place.
 */

/** A caller's own key in a map, such as a header's name: no dialect renames it. */
export interface MapKey {
  readonly key: string;
}

/** Leads into an operation's input: names of its fields, indexes of lists, keys of maps. */
export type Path = readonly (string | number | MapKey)[];

/** A field of the input inside a sentence. */
export interface Field {
  readonly field: Path;
}

/** A sentence for the caller. */
export type Text = string | readonly (string | Field)[];

/** Names a field of the operation's input in a sentence. */
export const field = (...path: Path): Field => ({ field: path });

/** A sentence that names fields: says`${field("replyTo")} may have ${50} addresses at most`. */
export const says = (words: readonly string[], ...parts: readonly (Field | string | number)[]): Text =>
  words.flatMap((word, index) => {
    const part = parts[index];
    return part === undefined ? [word] : [word, typeof part === "number" ? String(part) : part];
  });

/** The sentence with every field under the name that `nameOf` gives it. */
export function textOf(text: Text, nameOf: (path: Path) => string): string {
  if (typeof text === "string") return text;
  return text.map((part) => (typeof part === "string" ? part : nameOf(part.field))).join("");
}

/** The sentence with its fields named from where `path` leads from. */
export const below = (path: Path, text: Text): Text =>
  typeof text === "string"
    ? text
    : text.map((part) => (typeof part === "string" ? part : field(...path, ...part.field)));

/** Names as the domain has them, for logs. */
export const ownNameOf = (path: Path): string =>
  path.map((part) => (typeof part === "object" ? part.key : part)).join(".");
