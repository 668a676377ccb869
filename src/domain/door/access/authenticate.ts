/**
 * Bearer token -> Actor. The secret itself is never stored: a key is found by the SHA-256 of a 256-bit random token,
 * which needs no salt and no slow hash, and costs one probe of a unique index. Found keys are remembered for a few
 * seconds; a revoked key is dropped at once by a notification from the process that revoked it.
 */
import { LRUCache } from "lru-cache";
import type { Clock } from "../../../lib/clock.ts";
import { sha256 } from "../../../lib/hash.ts";
import type { Database } from "../../../storage/db.ts";
import { KEY_CACHE_ENTRIES, KEY_CACHE_MS, KEY_USED_INTERVAL_MS } from "../../limits.ts";
import { fail, mayFail, type Warn } from "../failures.ts";
import { suspended } from "../suspended.ts";
import { Actor } from "./actor.ts";
import { createKeyLookUp, type LookUpPace } from "./key-look-up.ts";
import { type KeyRow, markKeyUsed } from "./key-store.ts";
import { mintScope, systemScope } from "./scope.ts";

/** Notification channel: ids of keys whose cached row is stale. */
export const KEY_CHANNEL = "rookery_keys";

export interface Authenticator {
  /**
   * @param pace of the caller's look-ups; without it nothing waits
   * @throws Failure auth.unknown_key, auth.expired_key, and pod.suspended as far as this process knows: the door asks again
   */
  authenticate(token: string, pace?: LookUpPace): Promise<Actor>;
  /** Forgets a key (by id), or every key when the notice was lost. */
  forget(keyId: string | null): void;
  /** While notices cannot arrive nothing is remembered: a slower check is better than a revoked key that works. */
  listening(connected: boolean): void;
  /** Has `changed` told of each key (null: any) that may not be what it was: for who goes on using one that was let in. */
  watch(changed: (keyId: string | null) => void): void;
}

interface Entry {
  readonly actor: Actor;
  readonly isSuspended: boolean;
  usedWrittenMs: number;
}

function actorOf(row: KeyRow): Actor {
  return new Actor(mintScope(row.organizationId, row.podId, row.inboxId), row.id, row, "key");
}

/** Asked each time, whatever is remembered: no notice says that a moment has come. @throws Failure auth.expired_key, pod.suspended */
function requireAlive({ actor: { expiresAt }, isSuspended }: Entry, now: Date): void {
  if (expiresAt !== null && expiresAt <= now)
    throw fail("auth.expired_key", {
      message: "API key expired",
      hint: "Create a new key; this one has expired.",
    });
  if (isSuspended) throw suspended();
}

/** `database` is asked as the system: before the key is known there is no scope. @param maxEntries keys remembered */
export function createAuthenticator(
  database: Database,
  clock: Clock,
  warn: Warn,
  maxEntries: number = KEY_CACHE_ENTRIES,
): Authenticator {
  const entries = new LRUCache<string, Entry>({ max: maxEntries, ttl: KEY_CACHE_MS });
  const find = createKeyLookUp(database);
  // Guards against a revocation that arrives while the row that it revokes is on its way here.
  let generation = 0;
  let connected = false;
  const watchers: ((keyId: string | null) => void)[] = [];

  const load = async (hash: string, pace: LookUpPace | undefined): Promise<Entry> => {
    const before = generation;
    const row = await find(hash, pace);
    const entry = {
      actor: actorOf(row),
      isSuspended: row.isSuspended,
      usedWrittenMs: row.usedAt?.getTime() ?? 0,
    };
    if (connected && before === generation) entries.set(hash, entry);
    return entry;
  };

  const noteUse = (entry: Entry): void => {
    const { keyId } = entry.actor;
    const now = clock.now();
    if (keyId === null || now.getTime() - entry.usedWrittenMs < KEY_USED_INTERVAL_MS) return;
    entry.usedWrittenMs = now.getTime();
    void mayFail("used_at of a key is best effort", warn, () =>
      database.transaction(systemScope, (tx) => markKeyUsed(tx, systemScope, keyId, now)),
    );
  };

  return {
    async authenticate(token, pace) {
      const hash = sha256(token).toString("base64");
      const entry = entries.get(hash) ?? (await load(hash, pace));
      requireAlive(entry, clock.now());
      noteUse(entry);
      return entry.actor;
    },
    forget(keyId) {
      generation++;
      if (keyId === null) entries.clear();
      else
        for (const [hash, entry] of entries.entries()) if (entry.actor.keyId === keyId) entries.delete(hash);
      for (const changed of watchers) changed(keyId);
    },
    listening(now) {
      connected = now;
      generation++;
      entries.clear();
      for (const changed of watchers) changed(null);
    },
    watch: (changed) => void watchers.push(changed),
  };
}
