/** Who signs up has no key: whose the request is follows from the human that it names. */
import type { Clock } from "../../../lib/clock.ts";
import type { Database } from "../../../storage/db.ts";
import { type Actor, organizationActor, systemScope } from "../../door/access/index.ts";
import { fail } from "../../door/failures.ts";
import { SIGN_UP_WINDOW_MS, SIGN_UPS_PER_NETWORK } from "./limits.ts";
import { findOrganizationOfHuman, findSignUpTimes } from "./store.ts";

/** What is known of a request without a key. */
export interface Newcomer {
  /** As it was written; null: it names nobody. */
  readonly humanEmail: string | null;
  /** Of the client; null: unknown. */
  readonly network: string | null;
}

export interface Newcomers {
  /**
   * The actor of the organization that the human has, or of one that is not there yet.
   * @throws Failure feature.disabled, limit.reached
   */
  actorOf(newcomer: Newcomer): Promise<Actor>;
}

export interface NewcomerParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Whether agents may sign up. */
  readonly isOpen: boolean;
}

export function createNewcomers({ database, clock, newId, isOpen }: NewcomerParts): Newcomers {
  return {
    async actorOf({ humanEmail, network }) {
      if (!isOpen)
        throw fail("feature.disabled", {
          message: "Agents cannot sign up on this server",
          hint: "Ask its operator for an API key, or to allow it: ROOKERY_SIGN_UP=1.",
        });
      if (network !== null) await requireRoom(database, network, clock.now());
      const found =
        humanEmail === null
          ? null
          : await database.readOnce(systemScope, (tx) =>
              findOrganizationOfHuman(tx, systemScope, humanEmail.trim().toLowerCase()),
            );
      return organizationActor("sign-up", found ?? newId());
    },
  };
}

/** @throws Failure limit.reached */
async function requireRoom(database: Database, network: string, now: Date): Promise<void> {
  const since = new Date(now.getTime() - SIGN_UP_WINDOW_MS);
  const times = await database.readOnce(systemScope, (tx) =>
    findSignUpTimes(tx, systemScope, network, since, SIGN_UPS_PER_NETWORK),
  );
  const [oldest] = times;
  if (oldest === undefined || times.length < SIGN_UPS_PER_NETWORK) return;
  throw fail("limit.reached", {
    message: "Too many sign-ups from this network",
    hint: "Try again later.",
    limit: {
      resource: "signUp",
      count: SIGN_UPS_PER_NETWORK,
      used: times.length,
      resetAt: new Date(oldest.getTime() + SIGN_UP_WINDOW_MS),
    },
  });
}
