/** Creates of many objects at once: what they are given, and what they give, an entry for each object. */
import type { Scope } from "./access/index.ts";
import { Failure } from "./failures.ts";

/** What is to be made, and where. `scope` lies inside the context's, which says what the statements may touch. */
export interface Placed<Plan> {
  readonly scope: Scope;
  readonly plan: Plan;
}

/** What became of one object. `found`: it was there under the name it was asked for by, and is as it was. */
export type Outcome<Thing> =
  | { readonly kind: "made" | "found"; readonly thing: Thing }
  | { readonly kind: "failed"; readonly failure: Failure };

export const made = <Thing>(thing: Thing): Outcome<Thing> => ({ kind: "made", thing });
export const found = <Thing>(thing: Thing): Outcome<Thing> => ({ kind: "found", thing });
export const failed = (failure: Failure): Outcome<never> => ({ kind: "failed", failure });

/** The objects that were made. */
export const thingsMade = <Thing>(outcomes: readonly Outcome<Thing>[]): Thing[] =>
  outcomes.flatMap((outcome) => (outcome.kind === "made" ? [outcome.thing] : []));

/** What a batch of one gives. @throws Failure when it gives that */
export function single<Thing>([outcome]: readonly Outcome<Thing>[]): Thing {
  if (outcome === undefined) throw new Error("a batch of one came to nothing");
  if (outcome.kind === "failed") throw outcome.failure;
  return outcome.thing;
}

/** What can be tried of a batch: all that has no Failure in its place. */
export const withoutFailures = <Wanted>(wanted: Iterable<Wanted | Failure>): Wanted[] =>
  [...wanted].flatMap((one) => (one instanceof Failure ? [] : [one]));

/**
 * Of rows that ask for one unique name the first, by name; in the order of the names, so that two batches that ask for the same
 * never wait for each other.
 */
export const firstByName = <Row>(rows: readonly Row[], nameOf: (row: Row) => string): Map<string, Row> =>
  new Map(
    [...new Map(rows.toReversed().map((row) => [nameOf(row), row]))].toSorted(([one], [other]) =>
      one < other ? -1 : 1,
    ),
  );

/** Makes what can be tried of `wanted`, together; a Failure in its place is its outcome. @returns an outcome for each */
export async function makeValid<Wanted, Thing>(
  wanted: readonly (Wanted | Failure)[],
  make: (valid: readonly Wanted[]) => Promise<readonly Outcome<Thing>[]>,
): Promise<Outcome<Thing>[]> {
  const outcomes = (await make(withoutFailures(wanted))).values();
  return wanted.map((one) => {
    if (one instanceof Failure) return failed(one);
    const { value } = outcomes.next();
    if (value === undefined) throw new Error("a batch gave fewer outcomes than it was asked for");
    return value;
  });
}
