/** Idempotent creates: the caller's own name for a thing points at the one thing made under it (contract 5.1). */

import type { Scope } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_CLIENT_ID_LENGTH } from "./limits.ts";
import { type Claim, deleteClaims, insertClaims, keyOf, lockClaims } from "./store.ts";

const clientIdPattern = /^[A-Za-z0-9\-._~]+$/;

/** Tries at names that others free and take at the same moment. One is lost to each of them. */
const CLAIM_ATTEMPTS = 8;

/** @throws Failure input.invalid for a name outside `A-Z a-z 0-9 - . _ ~`, 1 to 256 characters */
export function checkClientId(clientId: string | undefined): string | null {
  if (clientId === undefined) return null;
  if (clientId.length > MAX_CLIENT_ID_LENGTH || !clientIdPattern.test(clientId))
    throw invalid(
      ["clientId"],
      says`Invalid ${field("clientId")}`,
      "Use 1 to 256 of the characters A-Z a-z 0-9 - . _ ~ (no @ or /).",
    );
  return clientId;
}

/** A claim, and the part of the context's scope in which what was made under the name counts. */
export interface PlacedClaim {
  readonly scope: Scope;
  readonly claim: Claim;
}

/** Where a thing lies; a pod, which lies in the organization, has neither. */
export interface Claimed {
  readonly id: string;
  readonly podId?: string | null;
  readonly inboxId?: string | null;
}

const isIn = ({ podId, inboxId }: Scope, thing: Claimed): boolean =>
  (podId === null || thing.podId === undefined || thing.podId === podId) &&
  (inboxId === null || thing.inboxId === undefined || thing.inboxId === inboxId);

/**
 * Finds what was made under names before, and claims those that are free for what is about to be made. The name of a
 * thing that is gone, or was moved out of the scope, is free. Two statements when all names are free or all things are
 * there. Names are taken in one order, so that two batches with the same names never wait for each other.
 * @param claims each name once
 * @param find things by id, those that are there
 * @returns what has a name already, by the name's key; all other names are ours
 */
export async function claimClientIds<Thing extends Claimed>(
  { tx, scope }: Context,
  claims: readonly PlacedClaim[],
  find: (ids: readonly string[]) => Promise<readonly Thing[]>,
): Promise<ReadonlyMap<string, Thing>> {
  const found = new Map<string, Thing>();
  let open = claims.toSorted((one, other) => (keyOf(one.claim) < keyOf(other.claim) ? -1 : 1));
  for (let attempt = 0; open.length > 0 && attempt < CLAIM_ATTEMPTS; attempt++) {
    const names = open.map(({ claim }) => claim);
    const ours = await insertClaims(tx, scope, scope.organizationId, names);
    open = open.filter(({ claim }) => !ours.has(keyOf(claim)));
    if (open.length === 0) break;
    // Held until the end, so that what is found still exists when the caller is answered.
    const holders = await lockClaims(
      tx,
      scope,
      open.map(({ claim }) => claim),
    );
    const things = new Map((await find([...holders.values()])).map((thing) => [thing.id, thing]));
    for (const { scope: own, claim } of open) {
      const thing = things.get(holders.get(keyOf(claim)) ?? "");
      if (thing !== undefined && isIn(own, thing)) found.set(keyOf(claim), thing);
    }
    open = open.filter(({ claim }) => !found.has(keyOf(claim)));
    const stale = open.flatMap(({ claim }) => holders.get(keyOf(claim)) ?? []);
    if (stale.length > 0) await deleteClaims(tx, scope, stale);
  }
  if (open.length === 0) return found;
  throw fail("service.unavailable", {
    message: says`The ${field("clientId")} is being freed and taken by others`,
    hint: "Try again.",
  });
}
