/** Batches of creates under their callers' names: they come out as the same creates one after the other would. */
import type { Scope } from "../../door/access/index.ts";
import { failed, found, type Outcome, type Placed, thingsMade } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { Failure } from "../../door/failures.ts";
import { type Claimed, claimClientIds, type PlacedClaim } from "./claim.ts";
import { type Claim, deleteClaims, keyOf } from "./store.ts";

/** One create of a batch, its name claimed. */
export interface Candidate<Plan, Thing> extends Placed<Plan> {
  /** Id of what will be made. Creates of one name share it: one of them at most makes something. */
  readonly id: string;
  readonly claim: Claim | null;
  /** What has the name already: of a create that is repeated only the name counts. */
  readonly existing: Thing | null;
}

/** What a noun's creates have in common. */
export interface NamedCreates<Thing> {
  /** What the name of one is unique in, and goes with. `id`: of what will be made. */
  readonly claimOf: (scope: Scope, clientId: string, id: string) => Claim;
  /** Things by id, those that are there. */
  readonly find: (ids: readonly string[]) => Promise<readonly Thing[]>;
}

/** Claims the names of a batch. Comes before anything else that the caller sent counts. */
export async function claimNames<Plan extends { readonly clientId: string | null }, Thing extends Claimed>(
  context: Context,
  wanted: readonly Placed<Plan>[],
  { claimOf, find }: NamedCreates<Thing>,
): Promise<Candidate<Plan, Thing>[]> {
  const claims = new Map<string, PlacedClaim>();
  const named = wanted.map(({ scope, plan }) => {
    const id = context.newId();
    if (plan.clientId === null) return { scope, plan, id, claim: null };
    const own = claimOf(scope, plan.clientId, id);
    const claim = claims.get(keyOf(own))?.claim ?? own;
    claims.set(keyOf(own), { scope, claim });
    return { scope, plan, id: claim.resourceId, claim };
  });
  const existing = await claimClientIds(context, [...claims.values()], find);
  return named.map((one) => ({
    ...one,
    existing: one.claim === null ? null : (existing.get(keyOf(one.claim)) ?? null),
  }));
}

/** Those whose names are not taken, so that what else they say counts. */
export const openOf = <Plan, Thing>(
  candidates: readonly Candidate<Plan, Thing>[],
): Candidate<Plan, Thing>[] => candidates.filter(({ existing }) => existing === null);

/**
 * Decides a batch in its order. Of creates that share a name the first that makes something is the one that does, and those
 * behind it find that.
 * @param decide what one comes to whose name is free; what it takes from those behind it, it remembers itself
 */
export function inOrder<Plan, Thing extends Claimed>(
  candidates: readonly Candidate<Plan, Thing>[],
  decide: (candidate: Candidate<Plan, Thing>) => Outcome<Thing>,
): Outcome<Thing>[] {
  const byId = new Map<string, Thing>();
  return candidates.map((candidate) => {
    const before = candidate.existing ?? byId.get(candidate.id);
    if (before !== undefined) return found(before);
    const outcome = decide(candidate);
    if (outcome.kind === "made") byId.set(candidate.id, outcome.thing);
    return outcome;
  });
}

/** As inOrder, with what was looked up for each whose name is free; a Failure in place of a draft is its outcome. */
export const inOrderOfDrafts = <Plan, Thing extends Claimed, Draft>(
  candidates: readonly Candidate<Plan, Thing>[],
  drafts: ReadonlyMap<Candidate<Plan, Thing>, Draft | Failure>,
  decide: (draft: Draft, candidate: Candidate<Plan, Thing>) => Outcome<Thing>,
): Outcome<Thing>[] =>
  inOrder(candidates, (candidate) => {
    const draft = drafts.get(candidate);
    if (draft === undefined) throw new Error("a candidate was overlooked");
    return draft instanceof Failure ? failed(draft) : decide(draft, candidate);
  });

/** Frees the names under which nothing was made after all. */
export function releaseUnused<Plan, Thing extends Claimed>(
  { tx, scope }: Context,
  candidates: readonly Candidate<Plan, Thing>[],
  outcomes: readonly Outcome<Thing>[],
): void {
  const used = new Set(thingsMade(outcomes).map(({ id }) => id));
  const unused = openOf(candidates).filter(({ claim, id }) => claim !== null && !used.has(id));
  if (unused.length > 0) tx.beforeCommit(deleteClaims(tx, scope, [...new Set(unused.map(({ id }) => id))]));
}
