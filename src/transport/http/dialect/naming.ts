/** snake_case on the wire, camelCase inside: converted by name, and typed so that a field that is renamed does not compile. */

import type { Path } from "../../../domain/door/text.ts";

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Rest}`
  ? `${Head}${Capitalize<CamelCase<Rest>>}`
  : Name;

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${SnakeCase<Rest>}`
    : `_${Lowercase<First>}${SnakeCase<Rest>}`
  : Name;

/** The same fields under camelCase names; one that is undefined is absent. */
export type FromWire<Wire> = {
  [Name in keyof Wire as CamelCase<Name & string>]: Exclude<Wire[Name], undefined>;
};

/** A date as the dialect writes it; everything else as it is. */
type Written<Value, DateForm> = Value extends Date ? DateForm : Value;

/** Some fields under snake_case names. */
export type ToWire<Thing, Name extends keyof Thing, DateForm> = {
  [Each in Name as SnakeCase<Each & string>]: Written<Thing[Each], DateForm>;
};

const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A path of an operation's input under snake_case names; indexes and the caller's own keys stay. */
export const wirePath = (path: Path): (string | number)[] =>
  path.map((part) =>
    typeof part === "string" ? snakeCase(part) : typeof part === "number" ? part : part.key,
  );

/**
 * A parsed body as the input of an operation. Only its own fields are renamed: what lies deeper may be a map whose keys
 * are the caller's.
 */
export function fromWire<Wire extends object>(wire: Wire): FromWire<Wire> {
  const entries = Object.entries(wire).filter(([, value]) => value !== undefined);
  // Cast: the names are converted as the type converts them.
  return Object.fromEntries(entries.map(([name, value]) => [camelCase(name), value])) as FromWire<Wire>;
}

/** @param date how the dialect writes a moment. @returns the function that picks fields of a thing under their wire names */
export function wireWriter<DateForm>(date: (at: Date) => DateForm) {
  // The names that presenters spell out, converted once each: a page has a thousand messages of twenty fields.
  const known = new Map<string, string>();
  const wireName = (name: string): string => {
    const converted = known.get(name) ?? snakeCase(name);
    known.set(name, converted);
    return converted;
  };
  return <Thing extends object, Name extends keyof Thing & string>(
    thing: Thing,
    names: readonly Name[],
  ): ToWire<Thing, Name, DateForm> => {
    const written: Record<string, unknown> = {};
    for (const name of names) {
      const value: unknown = thing[name];
      written[wireName(name)] = value instanceof Date ? date(value) : value;
    }
    // Cast: the names are converted as the type converts them.
    return written as ToWire<Thing, Name, DateForm>;
  };
}
