/** What reading a file comes to: a value and where its parts lie; or what is wrong with it, and where. */
import { MAX_DEPTH, MAX_VALUES } from "./limits.ts";
import type { Path } from "./problems.ts";

/** Both count from 1; the column in characters. */
export interface Place {
  readonly line: number;
  /** Null: the line as a whole. */
  readonly column: number | null;
}

export interface Reading {
  readonly value: unknown;
  /** Of the nearest part of the file that is there. */
  placeOf(path: Path): Place;
}

export interface PlacedProblem extends Place {
  /** A sentence without a full stop. */
  readonly says: string;
}

/** A file that is none of its kind. */
export class UnreadableFile extends Error {
  /** In their order; at most MAX_PROBLEMS. */
  readonly problems: readonly PlacedProblem[];
  /** All that were found. */
  readonly count: number;
  constructor(problems: readonly PlacedProblem[], count: number = problems.length) {
    super(problems.map(({ line, says }) => `line ${line}: ${says}`).join("; "));
    this.name = "UnreadableFile";
    this.problems = problems;
    this.count = count;
  }
}

export const unreadable = (
  says: string,
  { line, column }: Place = { line: 1, column: null },
): UnreadableFile => new UnreadableFile([{ line, column, says }]);

export const tooDeep = (place?: Place): UnreadableFile =>
  unreadable(`lists and maps lie in each other more than ${MAX_DEPTH} deep`, place);

export const tooMany = (place?: Place): UnreadableFile =>
  unreadable(`this comes to more than ${MAX_VALUES} values`, place);

/**
 * Refuses values that are small in a file and without bound in JSON: what aliases name is counted each time that they do.
 * @throws UnreadableFile
 */
export function boundValue({ value, placeOf }: Reading): void {
  const known = new Map<object, number>();
  const count = (inner: unknown, path: (string | number)[]): number => {
    if (typeof inner !== "object" || inner === null) return 1;
    const before = known.get(inner);
    if (before !== undefined) return before;
    // An alias for what it lies in never ends.
    if (path.length > MAX_DEPTH) throw tooDeep(placeOf(path));
    let sum = 1;
    for (const [key, next] of entriesOf(inner)) {
      path.push(key);
      // Assigned to, it would change what a map inherits.
      if (key === "__proto__") throw unreadable("__proto__ is no name", placeOf(path));
      sum += count(next, path);
      if (sum > MAX_VALUES) throw tooMany(placeOf(path));
      path.pop();
    }
    known.set(inner, sum);
    return sum;
  };
  count(value, []);
}

const entriesOf = (value: object): Iterable<[string | number, unknown]> =>
  Array.isArray(value) ? value.entries() : Object.entries(value);
