/** Taking addresses for a batch of inboxes. They are unique in the installation, and a scope does not see others': only taking tells which are free. */
import type { Context } from "../../door/context.ts";
import type { Inbox } from "./inbox.ts";
import { type Addressed, deleteAddresses, insertAddresses } from "./store.ts";
import { generateUsername, variationsOf } from "./username.ts";

/** Tries at a generated name before giving up; each collides with a chance below 1 in 100 at 20,000 inboxes. */
const GENERATED_USERNAME_ATTEMPTS = 8;

/** Usernames suggested for one that is taken, and how many are checked to find that many free ones. */
const SUGGESTIONS = 3;
const SUGGESTIONS_LOOKED_AT = 12;

/** What asks for an address. */
export interface Wish extends Omit<Addressed, "address"> {
  /** Null: one is generated. */
  readonly username: string | null;
  readonly domain: string;
}

/** Addresses that the transaction holds. */
export interface Taken {
  readonly rows: ReadonlyMap<string, Addressed>;
  /** What was generated for a wish; null: all tries missed. */
  readonly generated: (wish: Wish) => string | null;
  /** Gives an address away: the first time, if it was free. */
  readonly give: (address: string) => string | null;
}

/**
 * Takes what is free of what is wished for, in one statement unless a generated name is taken. Each is held for the first
 * that wishes it; whether that gets it is decided later.
 */
export async function takeAddresses({ tx, scope, random }: Context, wishes: readonly Wish[]): Promise<Taken> {
  const named = wishes.flatMap((wish) => (wish.username === null ? [] : [addressed(wish, wish.username)]));
  const rows = new Map<string, Addressed>();
  const generated = new Map<Wish, string>();
  const chosen = new Set(named.map(({ address }) => address));
  let nameless = wishes.filter(({ username }) => username === null);
  for (let attempt = 0; attempt < GENERATED_USERNAME_ATTEMPTS; attempt++) {
    const tried = new Map(nameless.map((wish) => [addressed(wish, generateUsername(random)), wish]));
    const untaken = [...tried.keys()].filter(({ address }) => !chosen.has(address));
    for (const row of await insertAddresses(tx, scope, [...(attempt === 0 ? named : []), ...untaken])) {
      rows.set(row.address, row);
      const wish = tried.get(row);
      if (wish !== undefined) generated.set(wish, row.address);
    }
    nameless = nameless.filter((wish) => !generated.has(wish));
    if (nameless.length === 0) break;
  }
  const given = new Set<string>();
  return {
    rows,
    generated: (wish) => generated.get(wish) ?? null,
    give(address) {
      if (!rows.has(address) || given.has(address)) return null;
      given.add(address);
      return address;
    },
  };
}

const addressed = ({ id, podId, organizationId, domain }: Wish, username: string): Addressed => ({
  id,
  podId,
  organizationId,
  address: `${username}@${domain}`,
});

/** Has the addresses taken be those of `inboxes`: gives back the others, and hands over what was held for another. */
export async function keepAddresses(
  { tx, scope }: Context,
  { rows }: Taken,
  inboxes: readonly Inbox[],
): Promise<void> {
  const owners = new Map(inboxes.map((inbox) => [inbox.address, inbox]));
  const wrong = [...rows.values()].filter(({ address, id }) => owners.get(address)?.id !== id);
  if (wrong.length === 0) return;
  await deleteAddresses(
    tx,
    scope,
    wrong.map(({ address }) => address),
  );
  // It cannot be taken in between: a concurrent taker waits for the end of this transaction.
  await insertAddresses(
    tx,
    scope,
    wrong.flatMap(({ address }) => owners.get(address) ?? []),
  );
}

/**
 * Looks for free usernames like those that `refused` cannot have; takes them to see, and gives them back.
 * @returns those for one of them
 */
export async function suggestUsernames(
  { tx, scope, random }: Context,
  refused: readonly Wish[],
): Promise<(one: Wish) => readonly string[]> {
  const candidates = new Map(
    refused.map((wish) => [wish, variationsOf(wish.username ?? "", SUGGESTIONS_LOOKED_AT, random)]),
  );
  const rows = await insertAddresses(
    tx,
    scope,
    [...candidates].flatMap(([wish, usernames]) => usernames.map((username) => addressed(wish, username))),
  );
  const free = new Set(rows.map(({ address }) => address));
  if (free.size > 0) tx.beforeCommit(deleteAddresses(tx, scope, [...free]));
  return (wish) =>
    (candidates.get(wish) ?? [])
      .filter((username) => free.has(`${username}@${wish.domain}`))
      .slice(0, SUGGESTIONS);
}
