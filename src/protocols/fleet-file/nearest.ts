import { distance } from "fastest-levenshtein";

/** Names that a slip of the fingers may have come from: a third of the letters, or two. */
const furthest = (text: string): number => Math.max(2, Math.floor(text.length / 3));

/** The name that is nearest to a text, whatever its case; null: none is near. */
export function nearest(text: string, names: readonly string[]): string | null {
  const near = names
    .map((name) => ({ name, steps: distance(text.toLowerCase(), name.toLowerCase()) }))
    .filter(({ steps }) => steps <= furthest(text))
    .sort((one, other) => one.steps - other.steps);
  return near[0]?.name ?? null;
}

/** End of a sentence about a name that is unknown. */
export function suggestion(text: string, names: readonly string[]): string {
  // Longer ones are no slip, and would take long to compare.
  const found = text.length <= 100 ? nearest(text, names) : null;
  return found === null ? `: there are ${names.join(", ")}` : `: did you mean ${found}?`;
}
