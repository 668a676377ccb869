/**
 * Finds a key by the hash of its token. Callers who guess get little: tokens that are no key are remembered for a second, those
 * asked for at once share a statement, and each is looked up as late as its caller's pace says.
 */
import { LRUCache } from "lru-cache";
import { createBatchedLookUp } from "../../../lib/batched-look-up.ts";
import type { Database } from "../../../storage/db.ts";
import { KEY_CACHE_ENTRIES, MAX_KEY_LOOK_UPS, UNKNOWN_KEY_MS } from "../../limits.ts";
import { type Failure, fail } from "../failures.ts";
import { findKeysByHash, type KeyRow } from "./key-store.ts";
import { systemScope } from "./scope.ts";

/** How fast a caller's tokens are looked up that were no key before. */
export interface LookUpPace {
  /** Counts a token, and looks it up when that may be done. */
  during<Found>(lookUp: () => Promise<Found>): Promise<Found>;
  /** The token was a key: it does not count. */
  forgive(): void;
}

/** The failure for a key that is not there, or no longer. */
export const unknownKey = (): Failure =>
  fail("auth.unknown_key", {
    message: "Forbidden",
    hint: "Check the API key: it is unknown, or was deleted.",
  });

/** @returns finds a key by the SHA-256 of its token, in base64. It throws Failure auth.unknown_key */
export function createKeyLookUp(
  database: Database,
): (hash: string, pace: LookUpPace | undefined) => Promise<KeyRow> {
  const lookUp = createBatchedLookUp<KeyRow>(
    (hashes) => database.readOnce(systemScope, (tx) => findKeysByHash(tx, systemScope, hashes)),
    MAX_KEY_LOOK_UPS,
  );
  // Tokens that were keys when they were looked up last: their callers do not guess.
  const known = new LRUCache<string, true>({ max: KEY_CACHE_ENTRIES });
  // A key that another process makes is not among them: nobody has its token before it is there.
  const unknown = new LRUCache<string, true>({ max: KEY_CACHE_ENTRIES, ttl: UNKNOWN_KEY_MS });
  const find = async (hash: string): Promise<KeyRow> => {
    if (unknown.has(hash)) throw unknownKey();
    const row = await lookUp(hash);
    if (row === null) {
      known.delete(hash);
      unknown.set(hash, true);
      throw unknownKey();
    }
    known.set(hash, true);
    return row;
  };
  return async (hash, pace) => {
    if (pace === undefined || known.has(hash)) return find(hash);
    const row = await pace.during(() => find(hash));
    pace.forgive();
    return row;
  };
}
