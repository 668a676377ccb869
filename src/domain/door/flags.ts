/** Decodes a stored object of true/false flags; anything else in it is left out. Null for anything that is no object. */
export function readFlags(stored: unknown): Readonly<Record<string, boolean>> | null {
  if (typeof stored !== "object" || stored === null) return null;
  return Object.fromEntries(
    Object.entries(stored).filter((entry): entry is [string, boolean] => typeof entry[1] === "boolean"),
  );
}
