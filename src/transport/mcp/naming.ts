/** camelCase of the tools, snake_case of the API. */

/** Fields whose keys are the caller's own: no name in them is changed. */
const maps: ReadonlySet<string> = new Set(["metadata", "headers"]);

const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A value of JSON with every name in it changed; bounded by the depth of bodies, which are bounded where they are parsed. */
function renamed(value: unknown, nameOf: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, nameOf));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      nameOf(name),
      maps.has(name) ? member : renamed(member, nameOf),
    ]),
  );
}

/** Arguments of a tool as fields of the API. */
export const toWire = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  // Cast: an object stays one.
  renamed(fields, snakeCase) as Record<string, unknown>;

/** An answer of the API as the result of a tool. */
export const fromWire = (value: unknown): unknown => renamed(value, camelCase);

/** Where a fault is, as the tool's caller wrote it. */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.map((part) => (typeof part === "string" ? camelCase(part) : String(part))).join(".");
